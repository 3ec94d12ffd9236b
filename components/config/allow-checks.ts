import { networksOverlap } from "./addresses";
import { derivedSubnet } from "./layout";
import type { Problem } from "./problem";
import type { Settings } from "./schema";

type AllowRule = Settings["network"]["allow"][number];

/** Networks and addresses of nodes, and the network of pods: all that hosts forward to pods comes from there. */
function reachingPods({ hosts, network, clusterName }: Settings): string[] {
  const { subnet, inventory, aws } = hosts;
  const nodes = {
    local: [subnet ?? derivedSubnet(clusterName)],
    inventory: (inventory?.hosts ?? []).map(({ address }) => `${address}/32`),
    aws: aws === undefined ? [] : [aws.vpcCidr],
  }[hosts.provider];
  return [network.podCidr, ...nodes];
}

type Finding = Omit<Problem, "setting" | "value">;

/** Node ports lead from outside the cluster to pods that a Service can select. */
function nodePortFindings({ from, to, ports }: AllowRule): Finding[] {
  const numbers = ports.flatMap(({ nodePort }) => nodePort ?? []);
  if (numbers.length === 0) return [];
  const findings: Finding[] = [];
  if (!("cidr" in from)) {
    findings.push({
      rule: `has nodePort ${numbers.join(", ")}, by which clients outside the cluster come, and pods as its clients`,
      fix: "name who connects as from.cidr, or take nodePort out: pods need none",
    });
  }
  if ("cidr" in to || Object.keys(to.podLabels ?? {}).length === 0) {
    findings.push({
      rule: `has nodePort ${numbers.join(", ")}, and no labels by which a Service finds its pods`,
      fix: "name them as to.podLabels",
    });
  }
  return findings;
}

function findingsOf(rule: AllowRule, sources: readonly string[]): Finding[] {
  const ofNodePorts = nodePortFindings(rule);
  if (!("cidr" in rule.from)) return ofNodePorts;
  if ("cidr" in rule.to) {
    return [{ rule: "has no side in the cluster", fix: "name a namespace on one side" }];
  }
  const { cidr } = rule.from;
  const closed = rule.ports.filter(({ nodePort }) => nodePort === undefined).map(({ port }) => port);
  if (closed.length === 0 || sources.some((source) => networksOverlap(cidr, source))) return ofNodePorts;
  return [
    ...ofNodePorts,
    {
      rule: `opens nothing on port ${closed.join(", ")}: ${cidr} holds neither nodes nor pods, and hosts let nothing else through to pods but by a nodePort`,
      fix: "give the port a nodePort, or take it out; for people there is kubectl port-forward as well",
    },
  ];
}

/** A port of hosts leads to the pods of one rule: Kubernetes gives it to one Service. */
function sharedNodePorts({ network }: Settings): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { name, ports } of network.allow) {
    for (const { protocol, nodePort } of ports) {
      if (nodePort === undefined) continue;
      const key = `${protocol} ${nodePort}`;
      const owner = owners.get(key);
      if (owner !== undefined) {
        problems.push({
          setting: `network.allow "${name}"`,
          value: nodePort,
          rule: `has the nodePort of ${owner === name ? "another of its ports" : `"${owner}"`}`,
          fix: "give it one of its own, 30000 to 32767",
        });
      }
      owners.set(key, name);
    }
  }
  return problems;
}

/** Rules of `network.allow` that could not do what they say. */
export function allowProblems(settings: Settings): Problem[] {
  const sources = reachingPods(settings);
  return [
    ...settings.network.allow.flatMap((value) =>
      findingsOf(value, sources).map((found) => ({
        setting: `network.allow "${value.name}"`,
        value,
        ...found,
      })),
    ),
    ...sharedNodePorts(settings),
  ];
}
