import { isPodPeer, type CidrPeer } from "./allow-rules";
import { apiServersOf, ends, type ProbeCast, type ProbedCluster, type RulePods } from "./probe-cast";
import { coverage, reach } from "./reachability";

/** What the probe can't show, or not whole. */
export interface NotProbed {
  /** Name of the rule, or `default deny`, which no rule can be called. */
  readonly rule: string;
  /** The reason, for people. */
  readonly why: string;
}

/** CIDRs that may or may not hold the address of a pod. */
function partlyPods({ rule }: RulePods, { podCidr }: ProbedCluster): string[] {
  return [rule.from, rule.to]
    .filter((peer): peer is CidrPeer => !isPodPeer(peer) && coverage(peer.cidr, podCidr) === "part")
    .map(
      ({ cidr }) => `${cidr} is a part of the pod network, and which pods get addresses in it is not known`,
    );
}

function noServer(pods: RulePods, cluster: ProbedCluster): string[] {
  const { to } = pods.rule;
  if (isPodPeer(to) || pods.client === undefined || apiServersOf(pods, cluster).length > 0) return [];
  return [`the probe has no server in ${to.cidr}`];
}

function noClient({ rule, server }: RulePods, { podCidr }: ProbedCluster, { leader }: ProbeCast): string[] {
  const [port] = ends(rule);
  if (isPodPeer(rule.from) || server === undefined || port === undefined) return [];
  if (leader !== undefined && reach([rule], podCidr, leader, server, port) === "open") return [];
  return [`the probe has no client in ${rule.from.cidr}`];
}

/** Its pods never get ready, so that no Service sends them anybody's traffic, this one's neither. */
function byNodePort({ rule }: RulePods): string[] {
  return rule.ports.flatMap(({ nodePort }) =>
    nodePort === undefined ? [] : [`the probe does not connect by node port ${nodePort}`],
  );
}

/** Nobody lets the pods that are refused send either, so that only a host shows what ingress does by itself. */
function denialOfIngress({ leader }: ProbeCast): NotProbed[] {
  const why =
    "no control plane connects to pods of another node, so ingress is tried only by pods whose egress is denied too";
  return leader === undefined ? [{ rule: "default deny", why }] : [];
}

function ofRules(cast: ProbeCast, cluster: ProbedCluster): NotProbed[] {
  return cast.rules.flatMap((pods) => {
    const hasSctp = pods.rule.ports.some(({ protocol }) => protocol === "SCTP");
    return [
      ...(hasSctp ? ["the probe speaks TCP and UDP, not SCTP"] : []),
      ...partlyPods(pods, cluster),
      ...noServer(pods, cluster),
      ...noClient(pods, cluster, cast),
      ...byNodePort(pods),
    ].map((why) => ({ rule: pods.rule.name, why }));
  });
}

/** The rules that the probe can't show, or not whole, and the part of default deny. */
export function notProbed(cast: ProbeCast, cluster: ProbedCluster): NotProbed[] {
  return [...denialOfIngress(cast), ...ofRules(cast, cluster)];
}
