import { execute } from "./process";
import { timed } from "./progress";

/** What the box needs whatever it does: busybox goes into an image. */
export const boxPackages: readonly string[] = ["busybox-static"];

/** What machines of the box need besides. */
export const localMachinePackages: readonly string[] = [
  "curl",
  "iproute2",
  "mmdebstrap",
  "procps",
  "systemd-container",
];

/** Packages of the list that are not installed. */
async function missingOf(packages: readonly string[]): Promise<string[]> {
  const listing = await execute("dpkg-query", ["--show", "--showformat", "${db:Status-Status} ${Package}\n"]);
  const installed = new Set(
    listing
      .split("\n")
      .filter((line) => line.startsWith("installed "))
      .map((line) => line.slice("installed ".length)),
  );
  return packages.filter((name) => !installed.has(name));
}

/**
 * Installs what is missing, from the sources that the box is configured with.
 *
 * @throws naming the packages when apt fails, or who runs this may not install any.
 */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  const missing = await missingOf(packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    const names = missing.join(" ");
    throw new Error(
      `Debian packages ${names} are missing, and only root installs packages. Fix: sudo apt-get install ${names}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await timed("Debian packages", `installing ${missing.join(" ")}`, async () => {
    try {
      await execute("apt-get", ["--quiet", "update"], { env });
      await execute("apt-get", ["--quiet", "--yes", "--no-install-recommends", "install", ...missing], {
        env,
      });
    } catch (error) {
      throw new Error(
        `Debian packages ${missing.join(" ")} could not be installed. Fix: make "apt-get install ${missing.join(" ")}" work. ${String(error)}`,
        { cause: error },
      );
    }
  });
}
