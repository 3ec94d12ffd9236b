import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { runProgram, TestCluster, type Outcome } from "./cluster";
import { installer, must, softPassword, type ForeignMachine, type ForeignNetwork } from "./foreign-network";

const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/** A host of the cluster: the machine, and what it does there. */
export interface InventoryMember extends ForeignMachine {
  readonly role: "control-plane" | "worker";
}

/** What is not as in the first `up`. */
export interface InventoryChange {
  /** Default: `password`. */
  readonly authentication?: "password" | "adopted";
  /** Default: none. */
  readonly sshPublicKeys?: readonly string[];
}

/** A cluster over machines that it did not make; only what it did not make is switched on and off. */
export class InventoryCluster extends TestCluster {
  public constructor(
    purpose: string,
    private readonly network: ForeignNetwork,
  ) {
    super(purpose, "");
  }

  /** Writes the settings; `rest` is the other blocks, in YAML. */
  public configure(members: readonly InventoryMember[], rest: string, change: InventoryChange = {}): void {
    const { authentication = "password", sshPublicKeys = [] } = change;
    const inventory = {
      hosts: members.map(({ name, role, address, hostKey }) => ({ name, role, address, hostKey })),
      bootstrap: { user: installer, authentication },
    };
    const settings = {
      provider: "inventory",
      operatorCidrs: [`${this.network.gateway}/32`],
      inventory,
      sshPublicKeys,
    };
    // What Pulumi keeps in the file, as its salt and secrets, stays. Authorities of a test may go.
    const file = fileSchema.parse(parse(readFileSync(this.configFile, "utf8")) ?? {});
    const blocks = fileSchema.shape.config.parse(parse(rest));
    const own = { "redoubt:hosts": settings, "redoubt:pki": { protect: false } };
    writeFileSync(this.configFile, stringify({ ...file, config: { ...file.config, ...blocks, ...own } }));
  }

  /** Gives the stack the password of the first login, as its user does: as a secret, on stdin. */
  public setBootstrapPassword(): void {
    must(this.pulumi(["stack", "select", "--create"]));
    const env = this.shellEnvironment();
    const args = ["config", "set", "--secret", "--path", "redoubt:secrets.bootstrapPassword"];
    must(
      runProgram("pulumi", [...args, "--stack", this.stack, "--non-interactive"], {
        env,
        input: softPassword,
      }),
    );
  }

  /** Takes it away again, as an operator should once all hosts are adopted. */
  public forgetBootstrapPassword(): void {
    must(this.pulumi(["config", "rm", "--path", "redoubt:secrets.bootstrapPassword"]));
  }

  public override machine(verb: "start" | "stop", name: string): Outcome {
    return this.network.power(verb, name);
  }
}
