import { paths } from "../../plan/paths";
import type { PlanFragment } from "../../plan/plan";
import { execStart, renderUnit } from "../../plan/systemd";

const script = `${paths.revert}/revert.sh`;

/**
 * A boot undoes what no second login confirmed, before sshd and the firewall read it: the timer of the revert is systemd's own and does
 * not outlive a reboot. There is a script only while a guarded change is unconfirmed (see `arm_revert` in converge.sh). The first
 * hardening brings this unit, which does not cover that one until its units are there.
 */
export function revertAtBoot(): PlanFragment {
  const content = renderUnit({
    Unit: {
      Description: "Revert of changes that no login confirmed",
      // As early as the firewall, which it comes before.
      DefaultDependencies: false,
      ConditionPathExists: script,
      After: "local-fs.target",
      Before: ["redoubt-firewall.service", "ssh.service", "shutdown.target"],
      Conflicts: "shutdown.target",
    },
    Service: { Type: "oneshot", ExecStart: execStart("/usr/bin/bash", [script, "boot"]) },
    Install: { WantedBy: "sysinit.target" },
  });
  // Only a boot starts it: started by the run that makes the change, it would undo that at once.
  return { units: [{ name: "redoubt-revert-at-boot.service", content, enabled: true, state: "stopped" }] };
}
