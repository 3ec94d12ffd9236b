import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { boxArchitecture, type Architecture } from "./architecture";
import { cacheFolder, fillOnce } from "./cache";
import { execute } from "./process";
import { timed } from "./progress";

const packageName = "busybox-static";
/** Where the package has it. */
const program = "/bin/busybox";

/**
 * apt for another architecture: the box's sources, keys and way to its mirror, but lists, archives and a list of installed packages
 * of its own below `folder`. So the architectures of the box's dpkg stay what they are, and signatures are checked as ever.
 */
export function foreignAptOptions(folder: string, architecture: Architecture): readonly string[] {
  const options = {
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "Dir::State": path.join(folder, "state"),
    "Dir::State::status": path.join(folder, "status"),
    "Dir::Cache": path.join(folder, "cache"),
    "Acquire::Languages": "none",
    // Its own user may not write below root's folders.
    "APT::Sandbox::User": "root",
  };
  return Object.entries(options).flatMap(([name, value]) => ["--option", `${name}=${value}`]);
}

/** Lays the package out below `folder`. */
async function extractPackage(architecture: Architecture, folder: string): Promise<void> {
  const apt = path.join(folder, "apt");
  mkdirSync(path.join(apt, "state/lists/partial"), { recursive: true });
  mkdirSync(path.join(apt, "cache/archives/partial"), { recursive: true });
  writeFileSync(path.join(apt, "status"), "");
  const options = ["--quiet", ...foreignAptOptions(apt, architecture)];
  await execute("apt-get", [...options, "update"]);
  await execute("apt-get", [...options, "download", packageName], { cwd: apt });
  const archive = readdirSync(apt).find((name) => name.endsWith(`_${architecture}.deb`));
  if (archive === undefined) throw new Error(`apt-get download ${packageName} gave no package`);
  await execute("dpkg-deb", ["--extract", path.join(apt, archive), folder]);
  rmSync(apt, { recursive: true });
}

/**
 * Debian's static busybox for an architecture: the box's own, else that of the package for another one, which is fetched anew when the
 * box's is another version.
 *
 * @throws naming the package when the box's apt sources don't give it.
 */
export async function ensureBusybox(architecture: Architecture): Promise<string> {
  if (architecture === boxArchitecture) return program;
  const version = (await execute("dpkg-query", ["--show", "--showformat", "${Version}", packageName])).trim();
  const withoutEpoch = version.replace(/^\d+:/, "");
  const folder = path.join(cacheFolder(), "debian", `${packageName}-${withoutEpoch}-${architecture}`);
  try {
    await fillOnce(folder, (scratch) =>
      timed(`${packageName} (${architecture})`, "fetching Debian's package", () =>
        extractPackage(architecture, scratch),
      ),
    );
  } catch (error) {
    throw new Error(
      `Debian package ${packageName} for ${architecture} could not be had from this box's apt sources. Fix: let them give ${architecture} (/etc/apt/sources.list and sources.list.d: no "Architectures:" or "[arch=…]" without it), from a mirror that has it. ${String(error)}`,
      { cause: error },
    );
  }
  return path.join(folder, program);
}

/** The names that busybox goes by, which are the same for every architecture: that of the box is asked. */
export async function busyboxApplets(): Promise<string[]> {
  return (await execute(await ensureBusybox(boxArchitecture), ["--list"])).trim().split("\n");
}
