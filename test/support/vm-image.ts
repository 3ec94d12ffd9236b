import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { cacheFolder, fillOnce } from "../../toolchain/cache";
import { machinePackages, type DebianSuite } from "../../toolchain/host-packages";
import { execute } from "../../toolchain/process";
import { timed } from "../../toolchain/progress";
import { softPassword } from "./foreign-network";

/** Debian's own kernel, and what boots it. */
const kernelPackages = ["linux-image-cloud-amd64", "initramfs-tools", "udev", "e2fsprogs"];
/** Increase when the steps below change. */
const recipeVersion = 2;

/** A disk with Debian as it installs itself, root and passwords let in, and the kernel that it boots. */
export interface VmImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Its ssh-ed25519 host key. */
  readonly hostKey: string;
}

function write(root: string, file: string, content: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), content);
}

function enable(root: string, unit: string, target: string): void {
  const link = path.join(root, "etc/systemd/system", `${target}.wants`, unit);
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(path.join("/lib/systemd/system", unit), link);
}

/** What a provider's image would have: an address from the kernel's command line, a soft sshd, /tmp on the disk. */
function soften(root: string, suite: DebianSuite): void {
  write(root, "etc/fstab", "/dev/vda / ext4 defaults 0 1\n");
  write(root, "etc/hostname", "debian\n");
  write(root, "etc/machine-id", "");
  write(root, "etc/ssh/sshd_config.d/50-soft.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n");
  // Debian 12 leaves it there by itself; for 13 its release notes tell how.
  if (suite !== "bookworm") symlinkSync("/dev/null", path.join(root, "etc/systemd/system/tmp.mount"));
  // systemd-network-generator(8) reads ip= of the kernel's command line.
  enable(root, "systemd-network-generator.service", "sysinit.target");
  enable(root, "systemd-networkd.service", "multi-user.target");
  for (const unit of ["containerd.service", "unattended-upgrades.service"]) {
    rmSync(path.join(root, "etc/systemd/system/multi-user.target.wants", unit), { force: true });
  }
}

/** Made once, from the box's own apt sources; a minute, most of it the network. */
export async function ensureVmImage(suite: DebianSuite): Promise<VmImage> {
  const packages = [...machinePackages, ...kernelPackages].sort();
  const recipe = createHash("sha256")
    .update(JSON.stringify([suite, packages, recipeVersion]))
    .digest("hex");
  const folder = path.join(cacheFolder(), "machine", `vm-${suite}-${recipe.slice(0, 12)}`);
  await fillOnce(folder, async (scratch) => {
    const root = path.join(scratch, "root");
    await timed("virtual machine", `building Debian ${suite} with its kernel`, async () => {
      const users = `printf '%s\\n' 'root:${softPassword}' | chroot "$1" chpasswd`;
      // The initial filesystem holds what a virtual disk needs, and no firmware of real ones; that of Debian 13 configures the network.
      const lean =
        'mkdir -p "$1"/etc/initramfs-tools/conf.d && printf "MODULES=list\\nRESUME=none\\nFSTYPE=ext4\\n" >"$1"/etc/initramfs-tools/conf.d/lean && printf "virtio_pci\\nvirtio_blk\\nvirtio_net\\next4\\n" >"$1"/etc/initramfs-tools/modules';
      await execute("mmdebstrap", [
        "--variant=minbase",
        `--include=${packages.join(",")}`,
        `--essential-hook=${lean}`,
        `--customize-hook=${users}`,
        suite,
        root,
      ]);
    });
    soften(root, suite);
    for (const name of ["vmlinuz", "initrd"]) {
      const file = readdirSync(path.join(root, "boot")).find((entry) => entry.startsWith(name));
      if (file === undefined) throw new Error(`virtual machine: /boot has no ${name}`);
      copyFileSync(path.join(root, "boot", file), path.join(scratch, name));
    }
    copyFileSync(path.join(root, "etc/ssh/ssh_host_ed25519_key.pub"), path.join(scratch, "host-key.pub"));
    await execute("mkfs.ext4", ["-q", "-d", root, path.join(scratch, "disk.img"), "4G"]);
    rmSync(root, { recursive: true });
  });
  const hostKey = readFileSync(path.join(folder, "host-key.pub"), "utf8").trim();
  const file = (name: string): string => path.join(folder, name);
  return { disk: file("disk.img"), kernel: file("vmlinuz"), initrd: file("initrd"), hostKey };
}
