import { existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { cacheFolder } from "./cache";

const gibibyte = 2 ** 30;

/** What stands in the way, with what to do about it. */
export interface Obstacle {
  readonly problem: string;
  readonly fix: string;
}

/** What preflight looks at. */
export interface BoxFacts {
  /** Text of /etc/os-release, empty when there is none (os-release(5)). */
  readonly osRelease: string;
  /** Node's name of the processor, as `x64`. */
  readonly processor: string;
  readonly userId: number | undefined;
  readonly cacheFolder: string;
  /** Bytes that are free where the cache lies. */
  readonly freeBytes: number;
}

function operatingSystem({ osRelease }: BoxFacts): Obstacle | undefined {
  const value = (key: string): string =>
    new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "unknown";
  if (value("ID") === "debian" && Number(value("VERSION_ID")) >= 12) return undefined;
  const name = value("PRETTY_NAME");
  return {
    problem: `this box runs ${name === "unknown" ? "an unknown system" : name}; Debian 12 or newer is needed`,
    fix: "use a Debian 12 box",
  };
}

function superuser({ userId }: BoxFacts): Obstacle | undefined {
  if (userId === 0) return undefined;
  return {
    problem: "local machines need root, for mounts, bridges and systemd-nspawn",
    fix: 'run it as root, as in "sudo npm run up"',
  };
}

function architecture({ processor }: BoxFacts): Obstacle | undefined {
  if (processor === "x64") return undefined;
  return { problem: `this box is ${processor}; only x86-64 is built so far`, fix: "use an x86-64 box" };
}

function disk({ cacheFolder, freeBytes }: BoxFacts, neededBytes: number): Obstacle | undefined {
  if (freeBytes >= neededBytes) return undefined;
  const free = (freeBytes / gibibyte).toFixed(1);
  return {
    problem: `${cacheFolder} has ${free} GiB free; ${neededBytes / gibibyte} GiB are needed`,
    fix: "free some space, or set REDOUBT_CACHE to a folder on a larger disk",
  };
}

/** What the box shall do. */
export interface BoxDuties {
  /** Whether tools must still be fetched or built, which needs more room. */
  readonly cold: boolean;
  /** Whether machines shall run on it, for which alone it takes root. */
  readonly localMachines: boolean;
}

/** Every obstacle of a box. */
export function obstaclesOf(facts: BoxFacts, { cold, localMachines }: BoxDuties): readonly Obstacle[] {
  const obstacles = [
    operatingSystem(facts),
    architecture(facts),
    localMachines ? superuser(facts) : undefined,
    disk(facts, (cold ? 8 : 2) * gibibyte),
  ];
  return obstacles.filter((obstacle): obstacle is Obstacle => obstacle !== undefined);
}

function factsOfThisBox(): BoxFacts {
  const folder = cacheFolder();
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const osRelease = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return {
    osRelease,
    processor: process.arch,
    userId: process.getuid?.(),
    cacheFolder: folder,
    freeBytes: bavail * bsize,
  };
}

/**
 * Checks what no later step could mend, before anything changes.
 *
 * @throws one error that names every obstacle and its fix.
 */
export function preflight(duties: BoxDuties): void {
  const found = obstaclesOf(factsOfThisBox(), duties);
  if (found.length === 0) return;
  const lines = found.map(({ problem, fix }) => `  - ${problem}. Fix: ${fix}`);
  throw new Error(`this box is not ready:\n${lines.join("\n")}`);
}
