import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cacheFolder, fillOnce } from "./cache";
import { debianSuite, machinePackages, type DebianSuite } from "./host-packages";
import { execute } from "./process";
import { timed } from "./progress";

const packages = [...machinePackages].sort();

/** Increase when the steps below change. */
const recipeVersion = 1;

function baseFolder(suite: DebianSuite): string {
  const recipe = createHash("sha256")
    .update(JSON.stringify([suite, packages, recipeVersion]))
    .digest("hex");
  return path.join(cacheFolder(), "machine", `${suite}-${recipe.slice(0, 12)}`);
}

/** Takes away what must differ between machines, and what a base must not do by itself. */
function generalize(root: string): void {
  for (const file of readdirSync(path.join(root, "etc/ssh"))) {
    if (file.startsWith("ssh_host_")) rmSync(path.join(root, "etc/ssh", file));
  }
  writeFileSync(path.join(root, "etc/machine-id"), "");
  // Container runtime and updates are started by plans, not by the first boot.
  for (const unit of ["containerd.service", "unattended-upgrades.service", "auditd.service"]) {
    rmSync(path.join(root, "etc/systemd/system/multi-user.target.wants", unit), { force: true });
  }
  mkdirSync(path.join(root, "opt/redoubt/artifacts/tools"), { recursive: true });
  mkdirSync(path.join(root, "opt/redoubt/artifacts/images"), { recursive: true });
}

/**
 * The root filesystem that all local machines share read-only; made once by mmdebstrap from the box's own apt sources, or Debian's
 * for another release.
 */
export async function ensureBaseImage(suite: DebianSuite = debianSuite): Promise<string> {
  const folder = baseFolder(suite);
  await fillOnce(folder, async (scratch) => {
    await timed("machine image", `building Debian ${suite}`, async () => {
      await execute("mmdebstrap", ["--variant=minbase", `--include=${packages.join(",")}`, suite, scratch]);
    });
    generalize(scratch);
  });
  return folder;
}
