import type { PlanFragment } from "../../plan/plan";

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
        // Options are those of a mount point; Debian 12 leaves /tmp on the root filesystem, and ships the unit for it.
        description: "/tmp is a filesystem of its own",
        unless: ["mountpoint", "--quiet", "/tmp"],
        command: [
          "bash",
          "-c",
          "cp /usr/share/systemd/tmp.mount /etc/systemd/system/tmp.mount && systemctl daemon-reload && systemctl enable --now tmp.mount",
        ],
      },
    ],
  };
}
