/** Debian releases that hosts may run: 12 and 13. */
export const debianSuites = ["bookworm", "trixie"] as const;
export type DebianSuite = (typeof debianSuites)[number];

/** Debian release of local machines. */
export const debianSuite: DebianSuite = "bookworm";

/**
 * Programs of hosts that come from Debian, signed by its archive and mended by its security team: the container runtime needs cgo
 * and libseccomp, and a runtime that nobody patches is worse than an older one. Hosts do not update them by themselves: an operator
 * does, when the node is drained (docs/nodes.md).
 */
export const runtimePackages = ["containerd", "runc"] as const;

/** Everything that plans ask for is in the base of local machines, so that `up` installs no package on one. */
export const machinePackages: readonly string[] = [
  "systemd",
  "systemd-sysv",
  "systemd-timesyncd",
  "dbus",
  "openssh-server",
  "sudo",
  "iproute2",
  "iptables",
  "nftables",
  "ipset",
  "conntrack",
  "socat",
  "ebtables",
  "ethtool",
  "kmod",
  "procps",
  "ca-certificates",
  "curl",
  ...runtimePackages,
  "apparmor",
  "auditd",
  "unattended-upgrades",
];
