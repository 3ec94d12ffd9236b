import type { PlanFragment } from "../../plan/plan";
import { renderUnit } from "../../plan/systemd";

/** Paths whose change is written down, by the key under which `ausearch -k` finds it (CIS Debian Linux 12, 6.3.3). */
const watched: Readonly<Record<string, readonly string[]>> = {
  identity: ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/security/opasswd"],
  sudo: ["/etc/sudoers", "/etc/sudoers.d"],
  sshd: ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d", "/etc/ssh/authorized_keys.d"],
  kubernetes: [
    "/etc/kubernetes",
    "/etc/etcd",
    "/etc/cni",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/pki",
  ],
  units: ["/etc/systemd/system"],
  firewall: ["/etc/redoubt"],
  time: ["/etc/localtime"],
};

/** Calls that change the kernel or the clock; those of 32-bit programs too, which the kernel takes (CIS Debian Linux 12, 6.3.3). */
const systemCalls = ["b64", "b32"].flatMap((arch) => [
  `-a always,exit -F arch=${arch} -S init_module,finit_module,delete_module -F auid!=unset -k modules`,
  `-a always,exit -F arch=${arch} -S adjtimex,settimeofday,clock_settime -F auid!=unset -k time`,
  `-a always,exit -F arch=${arch} -S mount,umount2 -F auid>=1000 -F auid!=unset -k mounts`,
]);

/** auditd refuses to be restarted by hand (RefuseManualStop), so rules that changed are loaded by a unit of ours (augenrules(8)). */
const loadRules = renderUnit({
  Unit: {
    Description: "Load audit rules",
    Documentation: "man:augenrules(8)",
    After: "auditd.service",
    Requires: "auditd.service",
  },
  Service: { Type: "oneshot", RemainAfterExit: true, ExecStart: "/usr/sbin/augenrules --load" },
  Install: { WantedBy: "multi-user.target" },
});

/** auditd and its rules say nothing of whether the kernel audits at all; in a container the question does not arise. */
const kernelAudits = "systemd-detect-virt --container --quiet || auditctl -s | grep -qx 'enabled [12]'";

/** Who changed accounts, sudo, sshd or the cluster's files, written by the kernel (auditd(8), audit.rules(7)). */
export function audit(): PlanFragment {
  const watches = Object.entries(watched).flatMap(([key, files]) =>
    files.map((file) => `-w ${file} -p wa -k ${key}`),
  );
  const rulesFile = "/etc/audit/rules.d/90-redoubt.rules";
  return {
    packages: ["auditd"],
    files: [
      {
        path: rulesFile,
        content: [...watches, ...systemCalls].map((line) => `${line}\n`).join(""),
        mode: "0640",
      },
    ],
    // Turned off by hand, or by something else on the host: rules stay loaded, and nothing is written.
    steps: [
      {
        description: "auditing by the kernel turned on",
        unless: ["bash", "-c", kernelAudits],
        command: ["auditctl", "-e", "1"],
      },
    ],
    units: [
      { name: "auditd.service", needsOwnKernel: true },
      {
        name: "redoubt-audit-rules.service",
        content: loadRules,
        needsOwnKernel: true,
        restartOn: [rulesFile],
      },
    ],
  };
}
