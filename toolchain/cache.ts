import { createHash } from "node:crypto";
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Where everything that is fetched or built lies, outside the checkout: `$REDOUBT_CACHE`, `$XDG_CACHE_HOME/redoubt`, `~/.cache/redoubt`. */
export function cacheFolder(): string {
  const configured = process.env["REDOUBT_CACHE"];
  if (configured !== undefined) return path.resolve(configured);
  return path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "redoubt");
}

/** Hex sha256 of a file. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/**
 * Fills a folder of the cache once. The work is done in a folder beside it that takes its name when it is complete, so a run
 * that is cut off leaves nothing half; a lock keeps two runs from doing the same work.
 *
 * @param folder Absolute path; when it exists nothing is done.
 * @param fill Gets the folder to fill.
 * @returns whether work was done.
 */
export async function fillOnce(folder: string, fill: (scratch: string) => Promise<void>): Promise<boolean> {
  if (existsSync(folder)) return false;
  mkdirSync(path.dirname(folder), { recursive: true });
  const release = await acquireLock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return false;
    removeLeftovers(folder);
    const scratch = await mkdtemp(`${folder}.new-`);
    try {
      // Services of a machine reach their programs here under users of their own.
      chmodSync(scratch, 0o755);
      await fill(scratch);
      renameSync(scratch, folder);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    return true;
  } finally {
    release();
  }
}

/** What a run that was killed had begun; who holds the lock is the only one who fills. */
function removeLeftovers(folder: string): void {
  const parent = path.dirname(folder);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(`${path.basename(folder)}.new-`)) continue;
    rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Whether the process that wrote a lock still lives. */
function isHeld(lock: string): boolean {
  try {
    return existsSync(`/proc/${readFileSync(lock, "utf8").trim()}`);
  } catch {
    return false;
  }
}

async function acquireLock(lock: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => {
        rmSync(lock, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (isHeld(lock)) await sleep(500);
    else rmSync(lock, { force: true });
  }
}
