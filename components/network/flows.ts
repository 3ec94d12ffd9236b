import { isPodPeer, type AllowRule, type Peer, type PodPeer } from "./allow-rules";

/** A pod that takes part in the probe. */
export interface ProbePod {
  readonly id: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** TCP ports that it serves; empty for clients. */
  readonly ports: readonly number[];
}

/** A connection that the probe tries. */
export interface ProbeFlow {
  /** Id of the client pod. */
  readonly from: string;
  /** Id of the server pod. */
  readonly to: string;
  readonly port: number;
  readonly expected: "open" | "closed";
  /** For the error: which rule and which flow, in words. */
  readonly description: string;
}

/** What the probe proves, and what it can't. */
export interface ProbePlan {
  readonly pods: readonly ProbePod[];
  readonly flows: readonly ProbeFlow[];
  /** Pods that must get an answer from cluster DNS. */
  readonly resolvers: readonly string[];
  readonly notProbed: readonly { readonly rule: string; readonly why: string }[];
}

/** A port that no rule is expected to name: with it a namespace without rules has something to refuse. */
const refusedPort = 10080;

function matches(peer: Peer, pod: ProbePod): boolean {
  if (!isPodPeer(peer) || peer.namespace !== pod.namespace) return false;
  return Object.entries(peer.podLabels ?? {}).every(([key, value]) => pod.labels[key] === value);
}

/** Whether the declared rules let the connection through; this is the intent, worked out without looking at any policy. */
function isAllowed(rules: readonly AllowRule[], from: ProbePod, to: ProbePod, port: number): boolean {
  return rules.some(
    (rule) =>
      matches(rule.from, from) &&
      matches(rule.to, to) &&
      rule.ports.some(
        (range) => range.protocol === "TCP" && port >= range.port && port <= (range.endPort ?? range.port),
      ),
  );
}

function describePod(pod: ProbePod): string {
  const labels = Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`);
  return `${pod.namespace}/${labels.length === 0 ? "any pod" : labels.join(",")}`;
}

function podOf(id: string, peer: PodPeer, ports: readonly number[]): ProbePod {
  return { id, namespace: peer.namespace, labels: peer.podLabels ?? {}, ports };
}

/** Rules that pods of the probe can't show, with the reason. */
function unprovable(rules: readonly AllowRule[]): ProbePlan["notProbed"] {
  return rules.flatMap((rule) => {
    if (!isPodPeer(rule.from) || !isPodPeer(rule.to)) {
      return [{ rule: rule.name, why: "one side is outside the cluster, where the probe has no pod" }];
    }
    const others = rule.ports.filter((range) => range.protocol !== "TCP").map((range) => range.protocol);
    const reasons = [
      ...(others.length === 0 ? [] : [`the probe opens TCP connections only, not ${others.join(", ")}`]),
      ...(rule.ports.every((range) => range.endPort === undefined)
        ? []
        : ["of a range only the first port is tried"]),
    ];
    return reasons.map((why) => ({ rule: rule.name, why }));
  });
}

/**
 * Which connections prove the rules: for each rule its own client reaches its own server, and a stranger of every namespace
 * reaches only the servers that some rule lets it reach.
 *
 * @param namespaces Every namespace under default deny.
 */
export function planFlows(rules: readonly AllowRule[], namespaces: readonly string[]): ProbePlan {
  const strangers = namespaces.map((namespace) => ({
    id: `stranger-${namespace}`,
    namespace,
    labels: {},
    ports: [],
  }));
  const servers: ProbePod[] = namespaces.map((namespace) => ({
    id: `closed-${namespace}`,
    namespace,
    labels: {},
    ports: [refusedPort],
  }));
  const clients: ProbePod[] = [];
  const flows: ProbeFlow[] = [];
  for (const rule of rules) {
    const ports = rule.ports.filter((range) => range.protocol === "TCP").map((range) => range.port);
    if (!isPodPeer(rule.from) || !isPodPeer(rule.to) || ports.length === 0) continue;
    const client = podOf(`from-${rule.name}`, rule.from, []);
    const server = podOf(`to-${rule.name}`, rule.to, ports);
    clients.push(client);
    servers.push(server);
    for (const port of ports) {
      const description = `rule "${rule.name}": ${describePod(client)} → ${describePod(server)} TCP ${port} should connect`;
      flows.push({ from: client.id, to: server.id, port, expected: "open", description });
    }
  }
  for (const stranger of strangers) {
    for (const server of servers) {
      for (const port of server.ports) {
        const open = isAllowed(rules, stranger, server, port);
        const wanted = open ? "should connect" : "should be refused by default deny";
        const description = `${describePod(stranger)} → ${describePod(server)} TCP ${port} ${wanted}`;
        flows.push({
          from: stranger.id,
          to: server.id,
          port,
          expected: open ? "open" : "closed",
          description,
        });
      }
    }
  }
  return {
    pods: [...servers, ...clients, ...strangers],
    flows,
    resolvers: strangers.map((stranger) => stranger.id),
    notProbed: unprovable(rules),
  };
}
