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

function problemOf(
  rule: AllowRule,
  sources: readonly string[],
): Omit<Problem, "setting" | "value"> | undefined {
  if (!("cidr" in rule.from)) return undefined;
  if ("cidr" in rule.to) {
    return { rule: "has no side in the cluster", fix: "name a namespace on one side" };
  }
  const { cidr } = rule.from;
  if (sources.some((source) => networksOverlap(cidr, source))) return undefined;
  return {
    rule: `opens nothing: ${cidr} holds neither nodes nor pods, and hosts let nothing else through to pods`,
    fix: "take it out; people reach pods through the API server (kubectl port-forward)",
  };
}

/** Rules of `network.allow` that could not do what they say. */
export function allowProblems(settings: Settings): Problem[] {
  const sources = reachingPods(settings);
  return settings.network.allow.flatMap((value): Problem[] => {
    const found = problemOf(value, sources);
    return found === undefined ? [] : [{ setting: `network.allow "${value.name}"`, value, ...found }];
  });
}
