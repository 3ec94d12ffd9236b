import { readFileSync } from "node:fs";
import path from "node:path";
import { becomeRoot } from "../../components/plan/first-login";
import type { HostPlan, HostReport } from "../../components/plan/plan";
import { renderConfirm, renderScript } from "../../components/plan/script";
import { renderAdoptionScript } from "../../components/hosts/inventory/adoption-script";
import { runProgram, type Outcome } from "./cluster";
import { must, softPassword, type ForeignMachine, type ForeignNetwork } from "./foreign-network";

const options = [
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-o",
  "LogLevel=ERROR",
];

/**
 * A machine as the stack's commands reach it, without an engine: the scripts that the program renders are run over SSH, first as who
 * may log in now and then as the administrator. For what would take a cluster too long.
 */
export class SoftHost {
  private readonly key: string;

  public constructor(
    private readonly machine: ForeignMachine,
    network: ForeignNetwork,
  ) {
    this.key = path.join(network.folder, `${machine.name}-stack-key`);
    must(runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", this.key]));
  }

  /** Runs a command as a user who knows the password. */
  public byPassword(user: string, command: string, input = ""): Outcome {
    const ssh = [
      "ssh",
      ...options,
      "-o",
      "PubkeyAuthentication=no",
      `${user}@${this.machine.address}`,
      command,
    ];
    return runProgram("sshpass", ["-e", ...ssh], {
      env: { ...process.env, SSHPASS: softPassword },
      input,
      timeoutSeconds: 300,
    });
  }

  /** Makes the administrator, as `user`, whose sudo asks for the password. */
  public adopt(user: string): HostReport {
    const publicKeys = [readFileSync(`${this.key}.pub`, "utf8").trim()];
    const script = renderAdoptionScript({
      adminUser: "redoubt",
      publicKeys,
      architecture: "amd64",
      authorities: "",
    });
    return lastLine(must(this.byPassword(user, becomeRoot, `${softPassword}\n${script}`)));
  }

  /** Runs a command as the administrator, each time over a login of its own. */
  public run(command: string, input = ""): Outcome {
    const ssh = [
      ...options,
      "-o",
      "BatchMode=yes",
      "-i",
      this.key,
      `redoubt@${this.machine.address}`,
      command,
    ];
    return runProgram("ssh", ssh, { input, timeoutSeconds: 300 });
  }

  /** Applies a plan and confirms what it guards. */
  public apply(plan: HostPlan, phase: string): HostReport {
    const report = lastLine(must(this.run("sudo bash -s", renderScript(plan, phase))));
    if (plan.guarded.length > 0) must(this.run("sudo bash -s", renderConfirm(plan, phase)));
    return report;
  }
}

function lastLine(stdout: string): HostReport {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as HostReport;
}
