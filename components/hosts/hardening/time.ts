import type { PlanFragment } from "../../plan/plan";

/** Where the time comes from. */
export interface TimeOptions {
  /** NTP servers. Empty: Debian's. */
  readonly timeServers: readonly string[];
}

/** A clock that is right: certificates and tokens depend on it (systemd-timesyncd(8)). */
export function time({ timeServers }: TimeOptions): PlanFragment {
  const file = "/etc/systemd/timesyncd.conf.d/90-redoubt.conf";
  const unit = { name: "systemd-timesyncd.service", needsOwnKernel: true };
  // Always written: servers that were taken out must not rule on.
  const servers = timeServers.length === 0 ? "" : `NTP=${timeServers.join(" ")}\n`;
  return {
    packages: ["systemd-timesyncd"],
    files: [{ path: file, content: `[Time]\n${servers}` }],
    units: [{ ...unit, restartOn: [file] }],
  };
}
