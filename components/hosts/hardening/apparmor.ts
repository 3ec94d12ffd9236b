import type { PlanFragment } from "../../plan/plan";

/**
 * Mandatory access control (CIS Debian Linux 12, 1.3.1): Debian's kernel has it on, the package loads the profiles, and containerd then
 * confines every pod by one of its own (`cri-containerd.apparmor.d`), for which it needs the parser that comes with the package.
 */
export function apparmor(): PlanFragment {
  return {
    packages: ["apparmor"],
    units: [{ name: "apparmor.service", needsOwnKernel: true }],
  };
}
