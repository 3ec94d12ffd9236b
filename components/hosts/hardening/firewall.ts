import { firewallTable } from "../../plan/behind-firewall";
import type { PlanFragment } from "../../plan/plan";
import {
  portOn,
  portRules,
  type HostRole,
  type NodePortRule,
  type PortFeature,
  type PortSource,
} from "../../plan/ports";
import { renderUnit } from "../../plan/systemd";

/** Who is who, by IPv4 network or address. */
export type AddressBook = Readonly<Record<PortSource, readonly string[]>>;

/** What the host firewall depends on. */
export interface FirewallOptions {
  readonly role: HostRole;
  readonly sources: AddressBook;
  /** IPv4 network of this host's own pods. */
  readonly podCidr: string;
  /** Port where sshd answers. Default: that of the port table. */
  readonly sshPort?: number;
  /** IPv4 network of services: never masqueraded, never routed. */
  readonly serviceClusterIpRange: string;
  /** What is configured, and so has its ports open. Default: nothing. */
  readonly features?: readonly PortFeature[];
  /** Ways from outside the cluster to its pods. Default: none. */
  readonly nodePorts?: readonly NodePortRule[];
}

const rulesFile = "/etc/redoubt/firewall.nft";
const unitName = "redoubt-firewall.service";

function setOf(name: string, elements: readonly string[]): string {
  const list = elements.length === 0 ? "" : `\n\t\telements = { ${elements.join(", ")} }`;
  return `\tset ${name} {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\tauto-merge${list}\n\t}\n`;
}

/** One line a port and source, in the words of the port table. */
function inputRules({ role, sshPort, features = [] }: FirewallOptions): string {
  return portRules(features)
    .filter((rule) => rule.on.includes(role))
    .flatMap((rule) =>
      rule.from.map(
        (source) =>
          `\t\tip saddr @${source} ${rule.protocol} dport ${portOn(rule, sshPort)} accept comment "${rule.name}"\n`,
      ),
    )
    .join("");
}

/**
 * A pod's address counts only where the way back to it leads, whoever bears it: containers may send with any (NET_RAW is theirs by
 * default), and network policies go by addresses (nft(8), FIB EXPRESSIONS; RFC 3704, 2.2).
 */
const onlyFromWhereItLives = "\t\tip saddr @pods fib saddr . iif oif 0 drop\n";

/** What hangs on a pod's link (CNI plugin ptp) bears an address of this host's pods: no host's, and no other's. */
function onlyAsAPod(podCidr: string): string {
  return `\t\tiifname "veth*" ip saddr != ${podCidr} drop\n`;
}

/**
 * Default deny from a pod's first packet on. The policy engine knows a pod a moment after it has started, and not at all while it can't
 * work; what it has let through, from and to the pods that it knows, it marks (kube-router v2.5.0, pkg/controllers/netpol/pod.go, "set
 * mark to ACCEPT traffic that comply to network policies"). Without that mark nothing new passes: it would stay open as long as the
 * connection lives, because answers of an established one always pass.
 */
const unmarked = "meta mark and 0x20000 == 0";

/** After the policy engine, whose chains have the priority of iptables (nft(8), "priority filter" is 0). */
const afterPolicies = "filter + 10";

/**
 * What kube-proxy has sent on to a pod is forwarded, so it is known by the port to which the client connected, on an address of a host:
 * an address of a Service with the same port is not meant.
 */
function nodePortLines(nodePorts: readonly NodePortRule[]): string {
  return nodePorts
    .map(
      ({ name, protocol, nodePort, cidr }) =>
        `\t\tip saddr ${cidr} ip daddr @pods meta l4proto ${protocol} ct status dnat ct original ip daddr @nodes ct original proto-dst ${nodePort} accept comment "${name}"\n`,
    )
    .join("");
}

/**
 * The ruleset (nft(8)). It replaces its own table only and never flushes others: kube-proxy and the policy engine keep tables of
 * their own. Input and forwarding are denied unless listed; what a policy allows between pods is decided there, here only that
 * pod traffic comes from where it belongs.
 */
export function renderRuleset(options: FirewallOptions): string {
  const { sources, podCidr, serviceClusterIpRange, nodePorts = [] } = options;
  const sets = (Object.keys(sources) as PortSource[]).map((name) => setOf(name, sources[name])).join("\n");
  return `#!/usr/sbin/nft -f
table ${firewallTable}
delete table ${firewallTable}

table ${firewallTable} {
${sets}
\tchain input {
\t\ttype filter hook input priority ${afterPolicies}; policy drop;
\t\tct state established,related accept
\t\tct state invalid drop
\t\tiif lo accept
${onlyAsAPod(podCidr)}${onlyFromWhereItLives}\t\tip saddr ${podCidr} ${unmarked} drop
\t\tip protocol icmp icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } limit rate 20/second accept
\t\tip6 nexthdr icmpv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
${inputRules(options)}\t}

\tchain forward {
\t\ttype filter hook forward priority ${afterPolicies}; policy drop;
\t\tct state established,related accept
\t\tct state invalid drop
${onlyAsAPod(podCidr)}${onlyFromWhereItLives}\t\tip saddr ${podCidr} ${unmarked} drop
\t\tip daddr ${podCidr} ${unmarked} drop
\t\tip saddr @pods accept
\t\tip daddr @pods ip saddr @nodes accept
${nodePortLines(nodePorts)}\t}

\tchain postrouting {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\tip saddr @pods ip daddr != @pods ip daddr != @nodes ip daddr != ${serviceClusterIpRange} masquerade
\t}
}
`;
}

/**
 * Succeeds when the kernel holds the rules as the file has them. The file is loaded into a network namespace that lives as long as the
 * check, so both are told by nft(8) in the same words, and nothing of the host changes. Before the unit first ran there is nothing to
 * compare.
 */
const rulesAreLoaded = `systemctl is-active --quiet ${unitName} || exit 0
list='nft --stateless list table ${firewallTable}'
wanted=$(unshare --net bash -c "nft -f ${rulesFile} && $list") || exit 1
found=$($list) || exit 1
diff --unified=0 --label file --label kernel <(echo "$wanted") <(echo "$found")`;

/** Default deny at the host; a change that locks the operator out reverts by itself. */
export function firewall(options: FirewallOptions): PlanFragment {
  const unit = renderUnit({
    Unit: {
      StartLimitIntervalSec: 0,
      Description: "Host firewall",
      Documentation: "man:nft(8)",
      // Before anybody can reach anything, and without what stops when the network does.
      DefaultDependencies: false,
      Wants: "network-pre.target",
      Before: ["network-pre.target", "shutdown.target"],
      After: "local-fs.target",
      Conflicts: "shutdown.target",
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: `/usr/sbin/nft -f ${rulesFile}`,
      ExecReload: `/usr/sbin/nft -f ${rulesFile}`,
      ExecStop: `/usr/sbin/nft delete table ${firewallTable}`,
      // Who serves the network does not start without it.
      Restart: "on-failure",
      RestartSec: "1s",
    },
    Install: { WantedBy: "sysinit.target" },
  });
  // Put back to where there was no file yet, there is nothing to reload: without its unit the host lets in whom it let in before.
  const activate = [
    "bash",
    "-c",
    `if [ -e ${rulesFile} ]; then systemctl reload-or-restart ${unitName}; else systemctl stop ${unitName}; fi`,
  ];
  return {
    packages: ["nftables"],
    directories: [{ path: "/etc/redoubt" }, { path: "/etc/systemd/system/nftables.service.d" }],
    files: [
      {
        path: rulesFile,
        content: renderRuleset(options),
        mode: "0600",
        validate: ["/usr/sbin/nft", "--check", "--file", "{}"],
      },
      // Debian's own flushes all rules when it stops, also those of kube-proxy and the policy engine (nftables.service).
      { path: "/etc/systemd/system/nftables.service.d/redoubt.conf", content: "[Service]\nExecStop=\n" },
    ],
    // Rules that somebody added or took away by hand; a change of the file is made effective behind its guard.
    steps: [
      {
        description: "firewall rules loaded as they are written",
        unless: ["bash", "-c", rulesAreLoaded],
        command: activate,
      },
    ],
    units: [
      // Debian's own begins with "flush ruleset", which would take everybody's tables away (/etc/nftables.conf).
      { name: "nftables.service", enabled: false, state: "stopped" },
      { name: unitName, content: unit },
    ],
    guarded: [{ path: rulesFile, activate }],
  };
}
