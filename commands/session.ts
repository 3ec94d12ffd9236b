import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { ensureToolchain, type ToolSource } from "../toolchain/ensure";
import { run } from "./shell";
import {
  backendEnvironment,
  ensureStack,
  forgetPendingCreations,
  projectFolder,
  releaseStaleLock,
} from "./stack";

/** Options that all commands on a stack share. */
export interface SessionOptions {
  readonly stack: string;
  readonly source: ToolSource;
}

/**
 * Everything that a `pulumi` command of this project needs: tools, plugins, state backend, passphrase.
 *
 * @returns the environment to run it with.
 */
export async function prepareEnvironment(source: ToolSource): Promise<NodeJS.ProcessEnv> {
  const toolchain = await ensureToolchain({ source });
  return { ...process.env, ...toolchain.environment, ...backendEnvironment() };
}

/** The name that machines of the stack carry: `redoubt:clusterName`, else the stack's own. */
function clusterNameOf(stack: string): string {
  const file = path.join(projectFolder, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) return stack;
  const document = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> } | null;
  const configured = document?.config?.["redoubt:clusterName"];
  return typeof configured === "string" ? configured : stack;
}

/** Brings machines of this box that belong to the stack back after a reboot; does nothing for hosts elsewhere. */
async function startLocalMachines(stack: string): Promise<void> {
  await run(path.join(projectFolder, "components/hosts/local/machine.sh"), [
    "start-all",
    clusterNameOf(stack),
  ]);
}

/** Prepares the stack: tools, state, no stale lock, machines running. */
export async function openStack(options: SessionOptions): Promise<NodeJS.ProcessEnv> {
  const environment = await prepareEnvironment(options.source);
  await ensureStack(options.stack, environment);
  if (await releaseStaleLock(options.stack, environment)) {
    process.stderr.write(`stack ${options.stack}: released the lock of an engine that was killed\n`);
    await forgetPendingCreations(options.stack, environment);
  }
  await startLocalMachines(options.stack);
  return environment;
}

/**
 * Many small SSH commands wait more than they work, so more of them run at once than Pulumi's default of four per core.
 */
export const engineParallelism = "32";

/** Runs `pulumi VERB` on the stack; arguments of the user are passed on. */
export async function pulumi(
  verb: string,
  stack: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await run("pulumi", [verb, "--stack", stack, ...args], { cwd: projectFolder, env });
}
