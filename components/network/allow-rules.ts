/** Protocol of a port, as in NetworkPolicy. */
export type Protocol = "TCP" | "UDP" | "SCTP";

/** Pods of a namespace; without labels all of them. */
export interface PodPeer {
  readonly namespace: string;
  /** Default: every pod of the namespace. */
  readonly podLabels?: Readonly<Record<string, string>> | undefined;
}

/** Addresses outside the cluster. */
export interface CidrPeer {
  readonly cidr: string;
}

/** One side of an allowed flow. */
export type Peer = PodPeer | CidrPeer;

/** Ports of an allowed flow, from `port` to `endPort`. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly port: number;
  /** Default: only `port`. */
  readonly endPort?: number | undefined;
  /** Port of hosts where clients outside the cluster reach `port`. Default: none. */
  readonly nodePort?: number | undefined;
}

/** A flow that is let through the default deny. */
export interface AllowRule {
  /** A DNS label; names the policies, and the rule in errors of the probe. */
  readonly name: string;
  readonly from: Peer;
  readonly to: Peer;
  readonly ports: readonly PortRange[];
}

/** The part of a NetworkPolicy that a rule decides (networking.k8s.io/v1). */
export interface NetworkPolicyManifest {
  readonly name: string;
  readonly namespace: string;
  /** The rule that it is of; it bears it as {@link ruleLabel}. Default: none, it is the stack's by itself. */
  readonly rule?: string;
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes: ("Ingress" | "Egress")[];
    readonly ingress?: { readonly from?: PolicyPeer[]; readonly ports?: PolicyPort[] }[];
    readonly egress?: { readonly to?: PolicyPeer[]; readonly ports?: PolicyPort[] }[];
  };
}

/** Selects objects by labels; empty selects all. */
export interface LabelSelector {
  readonly matchLabels?: Record<string, string>;
}

/** A peer as NetworkPolicy writes it. */
export type PolicyPeer =
  | { readonly namespaceSelector: LabelSelector; readonly podSelector: LabelSelector }
  | { readonly ipBlock: { readonly cidr: string } };

/** A port as NetworkPolicy writes it. */
export interface PolicyPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly endPort?: number;
}

export function isPodPeer(peer: Peer): peer is PodPeer {
  return "namespace" in peer;
}

/** What policies of rules bear, so that those of a rule that is no more are known. */
export const ruleLabel = "redoubt.io/rule";

/** The label that every namespace carries with its own name (kubernetes.io/docs, well-known labels). */
const namespaceNameLabel = "kubernetes.io/metadata.name";

export function podSelector(peer: PodPeer): LabelSelector {
  return peer.podLabels === undefined ? {} : { matchLabels: { ...peer.podLabels } };
}

export function policyPeer(peer: Peer): PolicyPeer {
  if (!isPodPeer(peer)) return { ipBlock: { cidr: peer.cidr } };
  return {
    namespaceSelector: { matchLabels: { [namespaceNameLabel]: peer.namespace } },
    podSelector: podSelector(peer),
  };
}

/**
 * The policies of a rule: one at the destination that lets the flow in, one at the source that lets it out, because both
 * directions are denied by default. A side outside the cluster has no policy.
 */
export function allowRuleManifests(rule: AllowRule): NetworkPolicyManifest[] {
  const ports = rule.ports.map(({ protocol, port, endPort }): PolicyPort =>
    endPort === undefined ? { protocol, port } : { protocol, port, endPort },
  );
  const manifests: NetworkPolicyManifest[] = [];
  if (isPodPeer(rule.to)) {
    manifests.push({
      name: `allow-${rule.name}-ingress`,
      namespace: rule.to.namespace,
      rule: rule.name,
      spec: {
        podSelector: podSelector(rule.to),
        policyTypes: ["Ingress"],
        ingress: [{ from: [policyPeer(rule.from)], ports }],
      },
    });
  }
  if (isPodPeer(rule.from)) {
    manifests.push({
      name: `allow-${rule.name}-egress`,
      namespace: rule.from.namespace,
      rule: rule.name,
      spec: {
        podSelector: podSelector(rule.from),
        policyTypes: ["Egress"],
        egress: [{ to: [policyPeer(rule.to)], ports }],
      },
    });
  }
  return manifests;
}
