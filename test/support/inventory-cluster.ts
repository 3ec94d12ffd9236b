import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { firstStackKey, type StackKeyOptions } from "../../components/hosts/stack-key-generations";
import { runProgram, TestCluster, type Outcome } from "./cluster";
import { installer, must, type ForeignMachine, type ForeignNetwork } from "./foreign-network";

const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/** A host of the cluster: the machine, and what it does there. */
export interface InventoryMember extends ForeignMachine {
  readonly role: "control-plane" | "worker";
}

/** How an `up` gets in, and who shall. */
export interface InventoryChange {
  /** The first login on a host: {@link installer} by password, root by key. Default: `adopted`, none is needed any more. */
  readonly authentication?: "password" | "privateKey" | "agent" | "adopted";
  /** The login on the bastion. Default: `agent`. */
  readonly bastionAuthentication?: "privateKey" | "agent";
  /** Default: none. */
  readonly sshPublicKeys?: readonly string[];
}

/** A cluster over machines that it did not make, behind a bastion; only what it did not make is switched on and off. */
export class InventoryCluster extends TestCluster {
  /** The machine through which every host is reached. */
  public bastion: ForeignMachine | undefined;
  /** Which keys the stack logs in with, and hosts let in, from the next {@link configure} on. */
  public stackKeys: StackKeyOptions = firstStackKey;

  public constructor(
    purpose: string,
    private readonly network: ForeignNetwork,
  ) {
    super(purpose, "");
  }

  /** Writes the settings; `rest` is the other blocks, in YAML. */
  public configure(members: readonly InventoryMember[], rest: string, change: InventoryChange = {}): void {
    const { authentication = "adopted", bastionAuthentication = "agent", sshPublicKeys = [] } = change;
    const { address, hostKey } = this.bastion ?? {};
    const inventory = {
      hosts: members.map(({ name, role, address, hostKey }) => ({ name, role, address, hostKey })),
      bootstrap: { user: authentication === "password" ? installer : "root", authentication },
      bastion: { address, hostKey, user: installer, authentication: bastionAuthentication },
    };
    const settings = {
      provider: "inventory",
      // The box looks at hosts directly, too.
      operatorCidrs: [`${this.network.gateway}/32`, `${address ?? ""}/32`],
      inventory,
      sshPublicKeys,
      stackKeys: this.stackKeys,
    };
    // What Pulumi keeps in the file, as its salt and secrets, stays. Authorities of a test may go.
    const file = fileSchema.parse(parse(readFileSync(this.configFile, "utf8")) ?? {});
    const blocks = fileSchema.shape.config.parse(parse(rest));
    const own = { "redoubt:hosts": settings, "redoubt:pki": { protect: false } };
    writeFileSync(this.configFile, stringify({ ...file, config: { ...file.config, ...blocks, ...own } }));
  }

  /** Gives the stack a secret, as its user does: on stdin. */
  public setSecret(name: string, value: string): void {
    const args = ["config", "set", "--secret", "--path", `redoubt:secrets.${name}`];
    const env = this.shellEnvironment();
    must(this.pulumi(["stack", "select", "--create"]));
    must(runProgram("pulumi", [...args, "--stack", this.stack, "--non-interactive"], { env, input: value }));
  }

  /** Takes it away again, as an operator should once nothing asks for it. */
  public forgetSecret(name: string): void {
    must(this.pulumi(["config", "rm", "--path", `redoubt:secrets.${name}`]));
  }

  public override machine(verb: "start" | "stop", name: string): Outcome {
    return this.network.power(verb, name);
  }
}
