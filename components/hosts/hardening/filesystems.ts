import type { PlanFragment } from "../../plan/plan";

/** Nothing in scratch space runs with another user's rights, and nothing runs from shared memory (CIS Debian Linux 12, 1.1.2). */
export function filesystems(): PlanFragment {
  return {
    mounts: [
      { path: "/dev/shm", options: ["nosuid", "nodev", "noexec"] },
      { path: "/tmp", options: ["nosuid", "nodev"] },
    ],
    directories: [{ path: "/root", mode: "0700" }],
  };
}
