import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { RecordedHost } from "../drift/stack-state";
import { controlPlanesOf } from "./control-planes";
import { withHost } from "./look-at-host";
import { recordedState } from "./look-at-stack";
import { main } from "./main";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";
import { renderOutOfTheWayScript, renderRestoreScript, type SentSnapshot } from "./restore-script";
import { userPath } from "./user-path";

const page = "docs/etcd-backup.md";

/** Seconds in which a host says nothing: it unpacks, and starts etcd and an API server, which may take four minutes. */
const quietSeconds = 900;

async function describe(file: string): Promise<SentSnapshot> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw new Error(`there is no file ${file}`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return { size: found.size, sha256: hash.digest("hex") };
}

/** Refuses while another member could go on as the cluster that was: with the restored one there would be two. */
async function refuseWhileOthersLive(others: readonly RecordedHost[]): Promise<void> {
  for (const { name, access } of others) {
    try {
      await withHost(access, ({ run }) => run(renderOutOfTheWayScript()));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `nothing was restored: ${name}: ${why}. Fix: with several control planes, take the others out of the way first (${page})`,
        { cause: error },
      );
    }
  }
}

/** @returns where the host keeps its former data; empty when it had none. */
function restoreOn({ access }: RecordedHost, file: string, snapshot: SentSnapshot): Promise<string> {
  return withHost(access, async ({ stream }) => {
    const into = new PassThrough();
    const said = text(into);
    const from = createReadStream(file);
    await stream(renderRestoreScript(snapshot), { what: "the restore", quietSeconds, into, from });
    return (await said).trim();
  });
}

/** `npm run restore`: takes the cluster back to what a snapshot holds. */
main(
  async () => {
    const command = stackCommand(
      "restore",
      `Take the cluster back to a snapshot of etcd: everything that was written since is gone (${page}). Exit codes: 0 restored, 1 not.`,
    )
      .requiredOption("--snapshot <file>", "a file that npm run snapshot wrote")
      .option("--yes", "really do it", false)
      .parse();
    const { stack, ...options } = stackOptions(command);
    const { snapshot, yes } = command.opts<{ snapshot: string; yes: boolean }>();
    const file = userPath(snapshot);
    const described = await describe(file);
    if (!yes) {
      throw new Error(
        `stack ${stack} would lose everything that was written since ${file} was taken. Fix: say --yes`,
      );
    }
    const env = await prepareEnvironment({ stack, ...options });
    const [first, ...others] = controlPlanesOf(stack, await recordedState(stack, env));
    await refuseWhileOthersLive(others);
    const aside = await restoreOn(first, file, described);
    process.stderr.write(`${first.name}: restored ${file}\n`);
    if (aside !== "") process.stderr.write(`${first.name}: what it had before is in ${aside}\n`);
    process.stderr.write(`Next: npm run up -- --stack ${stack} --repair\n`);
  },
  { failedProgram: 1 },
);
