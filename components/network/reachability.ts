import ipaddr from "ipaddr.js";
import { isPodPeer, type AllowRule, type Peer, type Protocol } from "./allow-rules";

/** A pod, as a NetworkPolicy sees it. */
export interface PodEnd {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A host, of which a NetworkPolicy sees the IPv4 address. */
export interface HostEnd {
  readonly address: string;
}

/** One end of a connection. */
export type End = PodEnd | HostEnd;

/** A port of one protocol. */
export interface ProtocolPort {
  readonly protocol: Protocol;
  readonly port: number;
}

/** Whether a connection gets through; `unknown` when that depends on the address that a pod is going to have. */
export type Reach = "closed" | "unknown" | "open";

const order: readonly Reach[] = ["closed", "unknown", "open"];

/** What all of these together let through. */
function weakest(reaches: readonly Reach[]): Reach {
  return order.find((reach) => reaches.includes(reach)) ?? "open";
}

/** What any of these lets through. */
function strongest(reaches: readonly Reach[]): Reach {
  return order.findLast((reach) => reaches.includes(reach)) ?? "closed";
}

export function isHost(end: End): end is HostEnd {
  return "address" in end;
}

function holds(network: string, part: string): boolean {
  const [base, prefix] = ipaddr.IPv4.parseCIDR(network);
  const [partBase, partPrefix] = ipaddr.IPv4.parseCIDR(part);
  return prefix <= partPrefix && partBase.match(base, prefix);
}

/** How much of the pod network a CIDR names. An `ipBlock` goes by address, also where the address is a pod's. */
export function coverage(cidr: string, podCidr: string): "none" | "part" | "all" {
  if (holds(cidr, podCidr)) return "all";
  return holds(podCidr, cidr) ? "part" : "none";
}

function names(peer: Peer, end: End, podCidr: string): Reach {
  if (isPodPeer(peer)) {
    if (isHost(end) || peer.namespace !== end.namespace) return "closed";
    const labels = Object.entries(peer.podLabels ?? {});
    return labels.every(([key, value]) => end.labels[key] === value) ? "open" : "closed";
  }
  if (isHost(end)) return holds(peer.cidr, `${end.address}/32`) ? "open" : "closed";
  return ({ none: "closed", part: "unknown", all: "open" } as const)[coverage(peer.cidr, podCidr)];
}

function isNamed(rule: AllowRule, { protocol, port }: ProtocolPort): boolean {
  return rule.ports.some(
    (range) => range.protocol === protocol && port >= range.port && port <= (range.endPort ?? range.port),
  );
}

/**
 * Whether the declared rules let a connection through: the intent, worked out without looking at any policy. Out of a pod and
 * into a pod are two questions, each of which some rule must answer (kubernetes.io/docs, Network Policies, "The two sorts of
 * pod isolation"); a host is isolated by neither.
 *
 * @param podCidr Network of all pods.
 */
export function reach(
  rules: readonly AllowRule[],
  podCidr: string,
  from: End,
  to: End,
  port: ProtocolPort,
): Reach {
  const through = (rule: AllowRule): Reach =>
    weakest([names(rule.from, from, podCidr), names(rule.to, to, podCidr)]);
  const naming = rules.filter((rule) => isNamed(rule, port));
  const out = naming.filter((rule) => isPodPeer(rule.from)).map(through);
  const into = naming.filter((rule) => isPodPeer(rule.to)).map(through);
  return weakest([isHost(from) ? "open" : strongest(out), isHost(to) ? "open" : strongest(into)]);
}
