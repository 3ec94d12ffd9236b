import { z } from "zod";
import { run } from "./shell";
import { projectFolder } from "./stack";

const historySchema = z.array(z.looseObject({ kind: z.string(), result: z.string() }));

/**
 * Whether the stack's last `up` failed. Then a host may hold files that the state does not know of: the engine keeps the inputs of
 * the last success, so an `up` whose configuration is what it was before would leave them there.
 */
export async function lastUpdateFailed(stack: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const args = ["stack", "history", "--json", "--page-size", "1", "--stack", stack];
  const text = await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" });
  const [last] = historySchema.parse(JSON.parse(text));
  return last?.kind === "update" && last.result === "failed";
}
