import { readers } from "../pki/readers";
import { binaryPath, paths } from "../plan/paths";
import { shellCommand } from "../plan/quote";
import { whenWhole } from "../plan/whole-script";
import { metricsServerUnit } from "./metrics-server";

/**
 * The script that takes metrics-server away from a host that stays, run when the setting is withdrawn: unit, program, keys, user, and what
 * the engine of plans remembers of them. It can be run again.
 */
export function renderWithdrawal(): string {
  const { user } = readers.metricsServer;
  const program = binaryPath("metrics-server");
  const unitFile = `/etc/systemd/system/${metricsServerUnit}`;
  const artifactRecord = `${paths.engineState}/artifacts/${program.replaceAll("/", "_")}`;
  const stop = shellCommand(["systemctl", "disable", "--now", "--quiet", metricsServerUnit]);
  const lines = [
    `if [ -e ${unitFile} ]; then ${stop}; fi`,
    `${shellCommand(["rm", "--force", unitFile, program, artifactRecord])} ${paths.engineState}/units/${metricsServerUnit}.*`,
    shellCommand(["rm", "--force", "--recursive", paths.metricsServer]),
    shellCommand(["systemctl", "daemon-reload"]),
    `if ${shellCommand(["getent", "passwd", user])} >/dev/null; then ${shellCommand(["userdel", user])}; fi`,
  ];
  return `set -euo pipefail\n${whenWhole(lines.map((line) => `${line}\n`).join(""))}`;
}
