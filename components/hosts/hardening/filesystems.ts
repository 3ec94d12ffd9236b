import type { PlanFragment } from "../../plan/plan";

/**
 * Mounts /tmp by systemd's unit. Debian 13 has it in place ($1), unless somebody masked it, as its release notes tell how to; Debian 12
 * ships it as an example ($2) that is copied ($3), over a mask too.
 */
const mountTmp = `set -e
if [ -e "$1" ]; then systemctl unmask tmp.mount; else cp --remove-destination "$2" "$3"; fi
systemctl daemon-reload
systemctl enable --now tmp.mount`;

/** Nothing in scratch space runs with another user's rights, and nothing runs from shared memory (CIS Debian Linux 12, 1.1.2). */
export function filesystems(): PlanFragment {
  return {
    mounts: [
      { path: "/dev/shm", options: ["nosuid", "nodev", "noexec"] },
      { path: "/tmp", options: ["nosuid", "nodev"] },
    ],
    directories: [{ path: "/root", mode: "0700" }],
    steps: [
      {
        // Options are those of a mount point.
        description: "/tmp is a filesystem of its own",
        unless: ["mountpoint", "--quiet", "/tmp"],
        command: [
          ...["bash", "-c", mountTmp, "mount-tmp"],
          "/usr/lib/systemd/system/tmp.mount",
          "/usr/share/systemd/tmp.mount",
          "/etc/systemd/system/tmp.mount",
        ],
      },
    ],
  };
}
