import { readFileSync, statfsSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { cacheFolder } from "./cache";

const gibibyte = 2 ** 30;

/** What stands in the way, with what to do about it. */
interface Obstacle {
  readonly problem: string;
  readonly fix: string;
}

function operatingSystem(): Obstacle | undefined {
  let release = "";
  try {
    release = readFileSync("/etc/os-release", "utf8");
  } catch {
    // A box without the file is no Debian; the message below says what is wanted.
  }
  const value = (key: string): string =>
    new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "unknown";
  if (value("ID") === "debian" && Number(value("VERSION_ID")) >= 12) return undefined;
  return {
    problem: `this box runs ${value("PRETTY_NAME")}; local machines need Debian 12 or newer`,
    fix: "use a Debian 12 box, or point hosts.provider at machines of your own",
  };
}

function superuser(): Obstacle | undefined {
  if (process.getuid?.() === 0) return undefined;
  return {
    problem: "local machines need root, for mounts, bridges and systemd-nspawn",
    fix: 'run it as root, as in "sudo npm run up"',
  };
}

function architecture(): Obstacle | undefined {
  if (process.arch === "x64") return undefined;
  return { problem: `this box is ${process.arch}; only x86-64 is built so far`, fix: "use an x86-64 box" };
}

/** @param needed Bytes. */
function disk(needed: number): Obstacle | undefined {
  const folder = cacheFolder();
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= needed) return undefined;
  const free = ((bavail * bsize) / gibibyte).toFixed(1);
  return {
    problem: `${folder} has ${free} GiB free; ${needed / gibibyte} GiB are needed`,
    fix: "free some space, or set REDOUBT_CACHE to a folder on a larger disk",
  };
}

/**
 * Checks what no later step could mend, before anything changes.
 *
 * @param cold Whether tools must still be built, which needs more room.
 * @throws one error that names every obstacle and its fix.
 */
export function preflight(cold: boolean): void {
  const obstacles = [operatingSystem(), architecture(), superuser(), disk((cold ? 8 : 2) * gibibyte)];
  const found = obstacles.filter((obstacle): obstacle is Obstacle => obstacle !== undefined);
  if (found.length === 0) return;
  const lines = found.map(({ problem, fix }) => `  - ${problem}. Fix: ${fix}`);
  throw new Error(`this box is not ready:\n${lines.join("\n")}`);
}
