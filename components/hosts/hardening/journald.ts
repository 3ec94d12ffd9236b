import type { PlanFragment } from "../../plan/plan";

/**
 * Logs survive a reboot and can't fill the disk. `Audit=` without a value leaves the kernel's auditing as it is: Debian's default turns
 * it off whenever journald starts, also under a running auditd, which then writes nothing and says nothing (journald.conf(5)).
 */
export function journald(): PlanFragment {
  const file = "/etc/systemd/journald.conf.d/90-redoubt.conf";
  return {
    directories: [{ path: "/var/log/journal", group: "systemd-journal", mode: "2755" }],
    files: [
      {
        path: file,
        content:
          "[Journal]\nStorage=persistent\nCompress=yes\nSystemMaxUse=500M\nForwardToSyslog=no\nAudit=\n",
      },
    ],
    units: [{ name: "systemd-journald.service", restartOn: [file] }],
  };
}
