import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { run } from "./shell";
import { historyFolder, projectFolder } from "./stack";

const updateSchema = z.looseObject({ kind: z.string(), result: z.string() });
type Update = z.infer<typeof updateSchema>;

/** Runs of the engine that change no host, and so say nothing of what an earlier one left there. */
const withoutHosts = new Set(["preview", "refresh", "import"]);

function concernsHosts({ kind }: Update): boolean {
  return !withoutHosts.has(kind);
}

/** The newest of a file backend's history that counts; each file has the nanoseconds of its time in its name. */
function newestIn(folder: string): Update | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".history.json"))
    .sort()
    .reverse();
  for (const file of files) {
    const update = updateSchema.parse(JSON.parse(readFileSync(path.join(folder, file), "utf8")));
    if (concernsHosts(update)) return update;
  }
  return undefined;
}

/** Entries that a backend elsewhere is asked for: between two runs that count lie few others. */
const askedEntries = "20";

async function lastUpdate(stack: string, env: NodeJS.ProcessEnv): Promise<Update | undefined> {
  const folder = historyFolder(stack, env);
  // Looking for the file saves half a second on every run; other backends are asked.
  if (folder !== undefined) return newestIn(folder);
  const args = ["stack", "history", "--json", "--page-size", askedEntries, "--stack", stack];
  const text = await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" });
  return z.array(updateSchema).parse(JSON.parse(text)).find(concernsHosts);
}

/** How a run of the engine may have ended that left a host with files that the state does not know of. */
export type Unfinished = "failed" | "was cut off";

/**
 * Whether the stack's last `up` ended half-way. The engine keeps the inputs of the last success, so an `up` whose configuration is
 * what it was before would leave there what that one had changed.
 *
 * @param cutOff Whether the engine was killed on its last run, of which the history says nothing.
 * @returns undefined also when there was no `up` before it: then everything is done anew anyway.
 */
export async function unfinishedUpdate(
  stack: string,
  cutOff: boolean,
  env: NodeJS.ProcessEnv,
): Promise<Unfinished | undefined> {
  const last = await lastUpdate(stack, env);
  if (last?.kind !== "update") return undefined;
  if (cutOff) return "was cut off";
  return last.result === "failed" ? "failed" : undefined;
}
