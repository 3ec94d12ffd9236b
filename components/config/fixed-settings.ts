import type { Problem } from "./problem";

/** What a running cluster can't change: certificates, Services, pods and tokens hold it, and nothing makes all of them anew. */
export interface FixedSettings {
  readonly clusterName: string;
  /** Network of running pods; hosts let through no other. */
  readonly podCidr: string;
  /** Services keep the address that they have. */
  readonly serviceClusterIpRange: string;
  /** Names that pods know, and the issuer of their tokens. */
  readonly clusterDomain: string;
}

/** Those of a configuration. */
export function fixedSettingsOf(
  clusterName: string,
  { podCidr, serviceClusterIpRange, clusterDomain }: Omit<FixedSettings, "clusterName">,
): FixedSettings {
  return { clusterName, podCidr, serviceClusterIpRange, clusterDomain };
}

const names: Readonly<Record<keyof FixedSettings, string>> = {
  clusterName: "clusterName",
  podCidr: "network.podCidr",
  serviceClusterIpRange: "network.serviceClusterIpRange",
  clusterDomain: "network.clusterDomain",
};

/** A change of these would leave pods cut off, Services at addresses that nobody serves, or every token refused. */
export function checkFixedSettings(running: FixedSettings, wanted: FixedSettings): Problem[] {
  return (Object.keys(names) as (keyof FixedSettings)[])
    .filter((key) => running[key] !== wanted[key])
    .map((key) => ({
      setting: names[key],
      value: wanted[key],
      rule: `can't change while the cluster runs; it is ${running[key]}`,
      fix: `put ${running[key]} back, or destroy the cluster and make it anew`,
    }));
}
