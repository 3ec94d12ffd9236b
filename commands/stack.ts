import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import path from "node:path";
import { z } from "zod";
import { run } from "./shell";

/** The folder of the Pulumi program. */
export const projectFolder = path.dirname(__dirname);

/** As `name:` of Pulumi.yaml. */
const projectName = "redoubt";

/** Where the default state and its passphrase live: `$REDOUBT_DATA`, else `$XDG_DATA_HOME/redoubt`, else `~/.local/share/redoubt`. */
export function dataFolder(): string {
  if (process.env["REDOUBT_DATA"] !== undefined) return process.env["REDOUBT_DATA"];
  return path.join(process.env["XDG_DATA_HOME"] ?? path.join(homedir(), ".local", "share"), "redoubt");
}

/**
 * State backend and passphrase. What the user has set stays; without it the state is a folder of this box and its
 * passphrase is made once, in a file that only the user can read.
 */
export function backendEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  const data = dataFolder();
  if (process.env["PULUMI_BACKEND_URL"] === undefined) {
    const state = path.join(data, "state");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    // Without a second file beside each, for which every one of some five hundred saves of an "up" would be hashed.
    environment["PULUMI_BACKEND_URL"] = `file://${state}?metadata=skip`;
  }
  const hasPassphrase = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"].some(
    (name) => process.env[name] !== undefined,
  );
  if (!hasPassphrase) {
    const file = path.join(data, "passphrase");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64"), { mode: 0o600 });
    environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = file;
  }
  return environment;
}

/** The folder of a file backend, as Pulumi takes it: `~` is the user's, and a path may begin where the project lies. Undefined for any other backend. */
function stateFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const url = environment["PULUMI_BACKEND_URL"];
  const folder = /^file:\/\/([^?]*)/.exec(url ?? "")?.[1];
  if (folder === undefined) return undefined;
  return path.resolve(projectFolder, folder.replace(/^~(?=\/|$)/, homedir()));
}

/** URN of the stack itself, which every state of it begins with. */
export function stackUrn(stack: string): string {
  return `urn:pulumi:${stack}::${projectName}::pulumi:pulumi:Stack::${projectName}-${stack}`;
}

/** Where a file backend keeps the stack's state; undefined for any other backend. */
export function stateFile(stack: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(environment);
  return folder === undefined
    ? undefined
    : path.join(folder, ".pulumi", "stacks", projectName, `${stack}.json`);
}

/** Where a file backend keeps the stack's history; undefined for any other backend. */
export function historyFolder(stack: string, environment: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(environment);
  return folder === undefined ? undefined : path.join(folder, ".pulumi", "history", projectName, stack);
}

/**
 * Makes the stack when this box's backend lacks it; elsewhere it must be there, because who makes it decides what encrypts its secrets.
 *
 * @throws naming the command that makes it.
 */
export async function ensureStack(stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const file = stateFile(stack, environment);
  // Looking for the file saves half a second on every run; other backends are asked.
  if (file !== undefined && existsSync(file)) return;
  const create = file === undefined ? [] : ["--create"];
  try {
    await run("pulumi", ["stack", "select", ...create, "--non-interactive", "--stack", stack], {
      cwd: projectFolder,
      env: environment,
      stdout: "capture",
    });
  } catch (error) {
    if (file !== undefined) throw error;
    throw new Error(
      `PULUMI_BACKEND_URL = ${environment["PULUMI_BACKEND_URL"] ?? ""} does not answer or has no stack ${stack}. Fix: npm run init -- --stack ${stack} --backend … --secrets-provider awskms://…`,
      { cause: error },
    );
  }
}

const lockSchema = z.object({ pid: z.number(), hostname: z.string() });

/**
 * Whether a process of this box is a living engine: the number may have gone to another program since, and a killed process stays
 * listed as a zombie until its parent asks for it (proc(5), /proc/pid/status).
 */
function isEngine(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return /^Name:\tpulumi$/m.test(status) && !/^State:\t[ZX]/m.test(status);
  } catch {
    return false;
  }
}

/** Who holds the lock of a file backend, or held it when killed; nobody is known of for any other backend. */
function heldLocks(stack: string, environment: NodeJS.ProcessEnv): z.infer<typeof lockSchema>[] {
  const folder = stateFolder(environment);
  if (folder === undefined) return [];
  const locks = path.join(folder, ".pulumi", "locks", "organization", projectName, stack);
  if (!existsSync(locks)) return [];
  return (
    readdirSync(locks)
      // Beside each lock lies a file with its attributes.
      .filter((file) => file.endsWith(".json"))
      .map((file) => lockSchema.parse(JSON.parse(readFileSync(path.join(locks, file), "utf8"))))
  );
}

/** Whether an engine works on a stack of a file backend, as far as its lock says so; of any other backend nobody is asked. */
export function isLocked(stack: string, environment: NodeJS.ProcessEnv): boolean {
  return heldLocks(stack, environment).length > 0;
}

/**
 * Releases the lock of an engine that was killed on this box (SIGKILL, power cut). The lock of a living engine, or of
 * another box, stays: then Pulumi itself says who holds it.
 *
 * @returns whether a lock was released.
 */
export async function releaseStaleLock(stack: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const held = heldLocks(stack, environment);
  const stale = held.length > 0 && held.every((lock) => lock.hostname === hostname() && !isEngine(lock.pid));
  if (!stale) return false;
  await run("pulumi", ["cancel", "--yes", "--stack", stack], { cwd: projectFolder, env: environment });
  return true;
}

/**
 * Forgets what a killed engine had begun, so that the next `up` begins it again; without this Pulumi would warn of creations for ever.
 * Taking a state in is what drops them, all at once, so what may not be begun again is refused before
 * (`commands/pending-creations.ts`).
 */
export async function forgetPendingOperations(stack: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const options = { cwd: projectFolder, env: environment };
  const exported = await run("pulumi", ["stack", "export", "--stack", stack], {
    ...options,
    stdout: "capture",
  });
  // Secrets stay encrypted on the way: the export shows none.
  await run("pulumi", ["stack", "import", "--stack", stack], {
    ...options,
    input: exported,
    stdout: "capture",
  });
}
