import { apiServerPort } from "../plan/ports";
import { isPodPeer, type AllowRule, type PodPeer, type PortRange } from "./allow-rules";
import { reach, type HostEnd, type PodEnd, type ProtocolPort } from "./reachability";

/** A pod that takes part in the probe. */
export interface ProbePod extends PodEnd {
  readonly id: string;
  /** Ports that it serves, by TCP and UDP; empty for clients. */
  readonly ports: readonly number[];
}

/** A control plane host that takes part in the probe. */
export interface ProbeHost extends HostEnd {
  readonly name: string;
}

/** The cluster that is probed. */
export interface ProbedCluster {
  /** Every namespace under default deny. */
  readonly namespaces: readonly string[];
  /** Network of all pods. */
  readonly podCidr: string;
  /** All control planes. The first leads the probe, and connects to pods itself. */
  readonly controlPlanes: readonly ProbeHost[];
  /** Names of nodes that run pods; servers and clients are put on different ones, so that the way between nodes is proven too. */
  readonly nodes: readonly string[];
}

/** The pods that stand for the sides of one rule; for addresses, and where the probe can't speak the protocol, none. */
export interface RulePods {
  readonly rule: AllowRule;
  readonly client: ProbePod | undefined;
  readonly server: ProbePod | undefined;
}

/** Everybody who takes part in the probe. */
export interface ProbeCast {
  readonly rules: readonly RulePods[];
  /** A client of each namespace that no label tells apart. */
  readonly strangers: readonly ProbePod[];
  /** A server of each namespace on a port that no rule is expected to name. */
  readonly closed: readonly ProbePod[];
  /** The control plane that connects to pods; none where that would prove nothing. */
  readonly leader: ProbeHost | undefined;
}

/** With it a namespace without rules has something to refuse. */
export const refusedPort = 10080;

/** What every control plane serves, and its firewall opens to pods: there, policies alone decide. */
export const apiServer: ProtocolPort = { protocol: "TCP", port: apiServerPort };

/** Name of the node on which servers run. */
export function serverNode({ nodes }: ProbedCluster): string {
  return nodes[0] ?? "";
}

/** Name of the node on which clients run. */
export function clientNode({ nodes }: ProbedCluster): string {
  return nodes.at(-1) ?? "";
}

/** The ranges that the probe can try. */
function spoken(rule: AllowRule): readonly PortRange[] {
  return rule.ports.filter(({ protocol }) => protocol !== "SCTP");
}

/** Both ends of each range of a rule. */
export function ends(rule: AllowRule): ProtocolPort[] {
  return spoken(rule).flatMap(({ protocol, port, endPort }) =>
    [...new Set([port, endPort ?? port])].map((end) => ({ protocol, port: end })),
  );
}

/** What lies right beside each range of a rule: one port before, one after, and the other protocol. */
export function neighbours(rule: AllowRule): ProtocolPort[] {
  return spoken(rule).flatMap(({ protocol, port, endPort }) => [
    ...[port - 1, (endPort ?? port) + 1]
      .filter((near) => near >= 1 && near <= 65535)
      .map((near) => ({ protocol, port: near })),
    { protocol: protocol === "TCP" ? "UDP" : "TCP", port } as const,
  ]);
}

function podOf(id: string, peer: PodPeer, ports: readonly number[]): ProbePod {
  return { id, namespace: peer.namespace, labels: peer.podLabels ?? {}, ports };
}

function rulePods(rule: AllowRule): RulePods {
  const ports = [...new Set([...ends(rule), ...neighbours(rule)].map(({ port }) => port))];
  const { name, from, to } = rule;
  const isSpoken = ports.length > 0;
  return {
    rule,
    client: isSpoken && isPodPeer(from) ? podOf(`from-${name}`, from, []) : undefined,
    server: isSpoken && isPodPeer(to) ? podOf(`to-${name}`, to, ports) : undefined,
  };
}

/** Who takes part in the probe of these rules. */
export function probeCast(rules: readonly AllowRule[], cluster: ProbedCluster): ProbeCast {
  const [first] = cluster.controlPlanes;
  return {
    rules: rules.map(rulePods),
    strangers: cluster.namespaces.map((namespace) => podOf(`stranger-${namespace}`, { namespace }, [])),
    closed: cluster.namespaces.map((namespace) => podOf(`closed-${namespace}`, { namespace }, [refusedPort])),
    // A node always reaches its own pods (kubernetes.io/docs, Network Policies).
    leader: first?.name === serverNode(cluster) ? undefined : first,
  };
}

/** The control planes whose API server the rule's own client may reach by that rule. */
export function apiServersOf({ rule, client }: RulePods, cluster: ProbedCluster): readonly ProbeHost[] {
  if (client === undefined) return [];
  return cluster.controlPlanes.filter(
    (host) => reach([rule], cluster.podCidr, client, host, apiServer) === "open",
  );
}
