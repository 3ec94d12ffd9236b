import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CommandFailed } from "./shell";

/** The log is a command for debugging, as Pulumi sees it. */
export const eventLogEnvironment = { PULUMI_DEBUG_COMMANDS: "true" };

/**
 * The log of what the engine did, an event a line. It is there also when the run ended with an error, which then stands in it.
 *
 * @param run Runs the engine with these arguments more, in an environment with {@link eventLogEnvironment}.
 * @throws when the engine did not begin.
 */
export async function eventLogOf(
  run: (logArguments: readonly string[]) => Promise<unknown>,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-events-"));
  const log = path.join(folder, "events.json");
  try {
    await run(["--event-log", log]).catch((error: unknown) => {
      if (!(error instanceof CommandFailed)) throw error;
    });
    if (existsSync(log)) return readFileSync(log, "utf8");
    throw new Error("the engine left no log of its events: its own message is above");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
