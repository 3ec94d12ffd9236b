import { accountFindings } from "../drift/account";
import type { Look } from "../drift/finding";
import { CommandFailed, run } from "./shell";
import { projectFolder } from "./stack";

/** Runs `pulumi` on a stack; what it prints is given back, or shown to the user and no part of what the command itself prints. */
export type Engine = (args: readonly string[], printed: "capture" | "stderr") => Promise<string>;

/** The engine on a stack of this project. */
export function engineOf(stack: string, env: NodeJS.ProcessEnv): Engine {
  return (args, stdout) => run("pulumi", [...args, "--stack", stack], { cwd: projectFolder, env, stdout });
}

function targets(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

/** What `--json` prints says more of a failure than the exit code does. */
async function printedBy(engine: Engine, args: readonly string[]): Promise<string> {
  try {
    return await engine(args, "capture");
  } catch (error) {
    if (error instanceof CommandFailed && error.stdout.startsWith("{")) return error.stdout;
    throw error;
  }
}

/**
 * Asks the account of a cloud what became of a stack's resources, and changes nothing, the state neither.
 *
 * @param urns Of the resources.
 * @throws with what the engine said, when it could not ask for everything.
 */
export async function lookAtAccount(urns: readonly string[], engine: Engine): Promise<Look> {
  const args = ["refresh", "--preview-only", "--json", "--non-interactive", ...targets(urns)];
  const findings = accountFindings(await printedBy(engine, args));
  return { seen: true, compared: urns.length, findings, warnings: [] };
}

/** Writes down in the state what the account has in place of what was made, so that the next `up` changes it back. */
export async function acknowledge(urns: readonly string[], engine: Engine): Promise<void> {
  await engine(["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...targets(urns)], "stderr");
}
