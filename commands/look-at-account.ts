import { accountFindings } from "../drift/account";
import type { Look } from "../drift/finding";
import { eventLogEnvironment, eventLogOf } from "./event-log";
import { run } from "./shell";
import { projectFolder } from "./stack";

/** Runs `pulumi` on a stack. What it prints is kept from the user, or shown and no part of what the command itself prints. */
export type Engine = (args: readonly string[], printed: "capture" | "stderr") => Promise<string>;

/** The engine on a stack of this project. */
export function engineOf(stack: string, environment: NodeJS.ProcessEnv): Engine {
  const env = { ...environment, ...eventLogEnvironment };
  return (args, stdout) => run("pulumi", [...args, "--stack", stack], { cwd: projectFolder, env, stdout });
}

function targets(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

/**
 * Asks the account of a cloud what became of a stack's resources, and changes nothing, the state neither.
 *
 * @param urns Of the resources.
 * @throws with what the engine said, when it could not ask for everything.
 */
export async function lookAtAccount(urns: readonly string[], engine: Engine): Promise<Look> {
  const args = ["refresh", "--preview-only", "--non-interactive", ...targets(urns)];
  const log = await eventLogOf((logArguments) => engine([...args, ...logArguments], "capture"));
  return { seen: true, compared: urns.length, findings: accountFindings(log), warnings: [] };
}

/** Writes down in the state what the account has in place of what was made, so that the next `up` changes it back. */
export async function acknowledge(urns: readonly string[], engine: Engine): Promise<void> {
  await engine(["refresh", "--yes", "--skip-preview", "--suppress-outputs", ...targets(urns)], "stderr");
}
