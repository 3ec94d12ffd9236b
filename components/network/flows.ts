import { isPodPeer, type AllowRule } from "./allow-rules";
import { notProbed, type NotProbed } from "./not-probed";
import {
  apiServer,
  apiServersOf,
  ends,
  neighbours,
  probeCast,
  refusedPort,
  type ProbeCast,
  type ProbedCluster,
  type ProbeHost,
  type ProbePod,
  type RulePods,
} from "./probe-cast";
import { isHost, reach, type ProtocolPort } from "./reachability";

/** A connection that the probe tries. */
export interface ProbeFlow extends ProtocolPort {
  readonly from: ProbePod | ProbeHost;
  readonly to: ProbePod | ProbeHost;
  readonly expected: "open" | "closed";
  /** For the error: which rule and which flow, in words. */
  readonly description: string;
}

/** What the probe proves, and what it can't. */
export interface ProbePlan {
  readonly pods: readonly ProbePod[];
  readonly flows: readonly ProbeFlow[];
  /** Ids of pods that must get an answer from cluster DNS. */
  readonly resolvers: readonly string[];
  readonly notProbed: readonly NotProbed[];
}

/** A connection that may be worth a try. */
interface Candidate {
  readonly from: ProbePod | ProbeHost;
  readonly to: ProbePod | ProbeHost;
  readonly port: ProtocolPort;
  /** The rule that it is to prove. */
  readonly rule?: AllowRule;
}

/** What proves a rule by its own pods: that they connect where it says, and are refused right beside it. */
function ownCandidates(pods: RulePods, cluster: ProbedCluster, leader: ProbeHost | undefined): Candidate[] {
  const { rule, client, server } = pods;
  const from = isPodPeer(rule.from) ? client : leader;
  if (from === undefined) return [];
  const toApiServers = apiServersOf(pods, cluster).map((to) => ({ from, to, port: apiServer, rule }));
  if (server === undefined) return toApiServers;
  return [
    ...ends(rule).map((port) => ({ from, to: server, port, rule })),
    ...neighbours(rule).map((port) => ({ from, to: server, port })),
    ...toApiServers,
  ];
}

/** What shows that nobody else gets through. */
function strangersCandidates(cast: ProbeCast, cluster: ProbedCluster): Candidate[] {
  const { strangers, closed, leader, rules } = cast;
  const servers = [
    ...closed.map((to) => ({
      to,
      ports: (["TCP", "UDP"] as const).map((protocol) => ({ protocol, port: refusedPort })),
    })),
    ...rules.flatMap(({ rule, server }) => (server === undefined ? [] : [{ to: server, ports: ends(rule) }])),
  ];
  const all = [...strangers, ...(leader === undefined ? [] : [leader])];
  return [
    ...all.flatMap((from) => servers.flatMap(({ to, ports }) => ports.map((port) => ({ from, to, port })))),
    ...strangers.flatMap((from) => cluster.controlPlanes.map((to) => ({ from, to, port: apiServer }))),
  ];
}

function describeEnd(end: ProbePod | ProbeHost): string {
  if (isHost(end)) return `host ${end.name} (${end.address})`;
  const labels = Object.entries(end.labels).map(([key, value]) => `${key}=${value}`);
  return `${end.namespace}/${labels.length === 0 ? "any pod" : labels.join(",")}`;
}

/** The flow with what the rules say of it; none where that depends on addresses that pods are going to have. */
function flowOf(
  { from, to, port, rule }: Candidate,
  rules: readonly AllowRule[],
  podCidr: string,
): ProbeFlow[] {
  const expected = reach(rules, podCidr, from, to, port);
  if (expected === "unknown") return [];
  const proves = rule === undefined || expected === "closed" ? "" : `rule "${rule.name}": `;
  const way = `${describeEnd(from)} → ${describeEnd(to)} ${port.protocol} ${port.port}`;
  const wanted = expected === "open" ? "should connect" : "should be refused by default deny";
  return [{ ...port, from, to, expected, description: `${proves}${way} ${wanted}` }];
}

/** Each connection once; the first says what it proves. */
function withoutRepetition(candidates: readonly Candidate[]): Candidate[] {
  const known = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { from, to, port } = candidate;
    const ids = [from, to].map((end) => (isHost(end) ? end.address : end.id));
    const key = JSON.stringify([ids, port.protocol, port.port]);
    if (!known.has(key)) known.set(key, candidate);
  }
  return [...known.values()];
}

/**
 * Which connections prove the rules. For each rule its own client reaches its own server at both ends of every range of ports,
 * and not right beside it; a stranger of every namespace, and the control plane that leads the probe, reach only what some rule
 * lets them reach. The same for API servers, which pods reach by rules with addresses only.
 */
export function planFlows(rules: readonly AllowRule[], cluster: ProbedCluster): ProbePlan {
  const cast = probeCast(rules, cluster);
  const candidates = [
    ...cast.rules.flatMap((pods) => ownCandidates(pods, cluster, cast.leader)),
    ...strangersCandidates(cast, cluster),
  ];
  const present = (pod: ProbePod | undefined): pod is ProbePod => pod !== undefined;
  return {
    pods: [
      ...cast.closed,
      ...cast.rules.map(({ server }) => server).filter(present),
      ...cast.rules.map(({ client }) => client).filter(present),
      ...cast.strangers,
    ],
    flows: withoutRepetition(candidates).flatMap((candidate) => flowOf(candidate, rules, cluster.podCidr)),
    resolvers: cast.strangers.map(({ id }) => id),
    notProbed: notProbed(cast, cluster),
  };
}
