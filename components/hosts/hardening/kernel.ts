import type { PlanFragment, SysctlSpec } from "../../plan/plan";

/** Parameters of a network namespace, which a container has of its own. */
const network: Readonly<Record<string, number>> = {
  // Pods are routed; every other hardening guide turns this off and breaks Kubernetes.
  "net.ipv4.ip_forward": 1,
  // Loose: a reply may leave by another way than strict mode thinks, as pod and service traffic does (RFC 3704, 2.4).
  "net.ipv4.conf.all.rp_filter": 2,
  "net.ipv4.conf.default.rp_filter": 2,
  "net.ipv4.conf.all.accept_redirects": 0,
  "net.ipv4.conf.default.accept_redirects": 0,
  "net.ipv4.conf.all.secure_redirects": 0,
  "net.ipv4.conf.default.secure_redirects": 0,
  "net.ipv4.conf.all.send_redirects": 0,
  "net.ipv4.conf.default.send_redirects": 0,
  "net.ipv4.conf.all.accept_source_route": 0,
  "net.ipv4.conf.default.accept_source_route": 0,
  "net.ipv4.conf.all.log_martians": 1,
  "net.ipv4.icmp_echo_ignore_broadcasts": 1,
  "net.ipv4.icmp_ignore_bogus_error_responses": 1,
  "net.ipv4.tcp_syncookies": 1,
  "net.ipv6.conf.all.accept_ra": 0,
  "net.ipv6.conf.default.accept_ra": 0,
  "net.ipv6.conf.all.accept_redirects": 0,
  "net.ipv6.conf.default.accept_redirects": 0,
  "net.ipv6.conf.all.accept_source_route": 0,
};

/** Parameters of the whole kernel; a container reports them as not applicable. */
const wholeKernel: Readonly<Record<string, number>> = {
  "fs.protected_fifos": 2,
  "fs.protected_hardlinks": 1,
  "fs.protected_regular": 2,
  "fs.protected_symlinks": 1,
  "fs.suid_dumpable": 0,
  "kernel.dmesg_restrict": 1,
  "kernel.kexec_load_disabled": 1,
  "kernel.kptr_restrict": 2,
  "kernel.randomize_va_space": 2,
  "kernel.sysrq": 0,
  "kernel.unprivileged_bpf_disabled": 1,
  "net.core.bpf_jit_harden": 2,
  // What a kubelet insists on (kubelet --protect-kernel-defaults).
  "kernel.panic": 10,
  "kernel.panic_on_oops": 1,
  "vm.overcommit_memory": 1,
  "vm.panic_on_oom": 0,
  // Root is one user to the kernel, in its pods too: at 128 instances some fifty of them end with "too many open files".
  "fs.inotify.max_user_instances": 8192,
  // The most that the kernel itself gives, to hosts of much memory (clamp in inotify_user_setup, since 5.11): none is lowered.
  "fs.inotify.max_user_watches": 1048576,
};

/** Rarely used filesystems and protocols, whose parsers have had holes (CIS Debian Linux 12, 1.1.1 and 3.2). */
const blockedModules = [
  "cramfs",
  "freevxfs",
  "hfs",
  "hfsplus",
  "jffs2",
  "udf",
  "dccp",
  "rds",
  "tipc",
  "usb-storage",
];

function sysctls(values: Readonly<Record<string, number>>, namespaced: boolean): SysctlSpec[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value), namespaced }));
}

/** Kernel parameters and modules, as far as Kubernetes' networking leaves them free; and no core dumps. */
export function kernel(): PlanFragment {
  return {
    files: [
      { path: "/etc/security/limits.d/90-redoubt.conf", content: "* hard core 0\n" },
      {
        path: "/etc/systemd/system.conf.d/90-redoubt.conf",
        content: "[Manager]\nDefaultLimitCORE=0\nDumpCore=no\n",
      },
    ],
    sysctls: [...sysctls(network, true), ...sysctls(wholeKernel, false)],
    kernelModules: [
      { name: "overlay", state: "loaded" },
      ...blockedModules.map((name) => ({ name, state: "blocked" as const })),
    ],
    notApplicableInContainer: [
      {
        what: `blocked kernel modules ${blockedModules.join(", ")}`,
        why: "a container can't load modules; its box decides which may be",
      },
    ],
  };
}
