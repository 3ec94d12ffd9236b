import type { PlanFragment } from "../../plan/plan";

/** How security updates are installed. */
export interface UpdatesOptions {
  /** Reboot when an update asks for it. */
  readonly automaticReboot: boolean;
  /** When, as `HH:MM` of the host's clock. Default: 04:00. */
  readonly rebootTime?: string;
}

/** Debian's security updates install themselves (unattended-upgrades; Debian's own package origins are its default). */
export function updates({ automaticReboot, rebootTime = "04:00" }: UpdatesOptions): PlanFragment {
  const lines = [
    'APT::Periodic::Update-Package-Lists "1";',
    'APT::Periodic::Unattended-Upgrade "1";',
    'Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"; };',
    // A restart of the runtime under running pods is the operator's to time.
    'Unattended-Upgrade::Package-Blacklist { "^containerd$"; "^runc$"; };',
    `Unattended-Upgrade::Automatic-Reboot "${automaticReboot}";`,
    `Unattended-Upgrade::Automatic-Reboot-Time "${rebootTime}";`,
  ];
  return {
    packages: ["unattended-upgrades"],
    files: [{ path: "/etc/apt/apt.conf.d/90redoubt", content: lines.map((line) => `${line}\n`).join("") }],
    units: [{ name: "apt-daily.timer" }, { name: "apt-daily-upgrade.timer" }],
  };
}
