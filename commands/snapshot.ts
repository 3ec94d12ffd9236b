import type { RecordedHost } from "../drift/stack-state";
import { controlPlanesOf } from "./control-planes";
import { withHost } from "./look-at-host";
import { recordedState } from "./look-at-stack";
import { main } from "./main";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";
import { defaultSnapshotFile, receiveSnapshot, refuseExisting, type Snapshot } from "./snapshot-file";
import { renderSnapshotScript } from "./snapshot-script";
import { userPath } from "./user-path";

/** Seconds in which a host says nothing: it saves, and reads twice what it saved, eight gigabytes at most. */
const quietSeconds = 600;

function snapshotOf({ access, address }: RecordedHost, file: string): Promise<Snapshot> {
  return withHost(access, ({ stream }) =>
    receiveSnapshot(file, (into) =>
      stream(renderSnapshotScript(address), { what: "the snapshot", quietSeconds, into }),
    ),
  );
}

/** Of the first control plane that gives one: every member has all that a majority has agreed on. */
async function snapshotOfAny(hosts: readonly RecordedHost[], file: string): Promise<Snapshot> {
  for (const host of hosts) {
    try {
      return await snapshotOf(host, file);
    } catch (error) {
      process.stderr.write(`${host.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  throw new Error(
    "no control plane gave a snapshot. Fix: see above; where the majority of etcd is lost, docs/etcd-backup.md",
  );
}

/** What a restore needs beside the snapshot. */
function whatElse(stack: string, env: NodeJS.ProcessEnv): string {
  const opened =
    env["PULUMI_CONFIG_PASSPHRASE_FILE"] === undefined
      ? "the passphrase or KMS key that opens it"
      : `the passphrase that opens it (${env["PULUMI_CONFIG_PASSPHRASE_FILE"]})`;
  return `A restore also needs the state of stack ${stack} in ${env["PULUMI_BACKEND_URL"] ?? "its backend"}, which has the authorities and the key that Secrets are encrypted by, and ${opened}. Keep all of them, and not in one place: docs/etcd-backup.md\n`;
}

/** `npm run snapshot`: brings what etcd holds to this box. */
main(
  async () => {
    const command = stackCommand(
      "snapshot",
      "Take a snapshot of etcd, all objects of the cluster, and keep it on this box. Changes nothing. Exit codes: 0 taken, 1 not.",
    )
      .option("-o, --output <file>", "where to (default: snapshots/STACK-TIME.db beside the state's folder)")
      .parse();
    const { stack, ...options } = stackOptions(command);
    const { output } = command.opts<{ output?: string }>();
    const file = output === undefined ? defaultSnapshotFile(stack, new Date()) : userPath(output);
    refuseExisting(file);
    const env = await prepareEnvironment({ stack, ...options });
    const hosts = controlPlanesOf(stack, await recordedState(stack, env));
    const { revision, keys, bytes, sha256 } = await snapshotOfAny(hosts, file);
    process.stderr.write(`revision ${revision}, ${keys} keys, ${bytes} bytes, sha256 ${sha256}\n`);
    process.stderr.write(whatElse(stack, env));
    process.stdout.write(`${file}\n`);
  },
  { failedProgram: 1 },
);
