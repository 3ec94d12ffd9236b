import { derivedSubnet } from "./layout";
import type { Problem } from "./problem";
import type { Settings } from "./schema";

/** Settings of hosts by their path: another value would make every machine anew, with empty disks, or be a way in that no host knows yet. */
export type FixedHosts = Readonly<Record<string, string>>;

/** Those of a configuration. */
export function fixedHostsOf(clusterName: string, hosts: Settings["hosts"]): FixedHosts {
  const { provider, adminUser, subnet, aws } = hosts;
  const fixed = { "hosts.provider": provider, "hosts.adminUser": adminUser };
  if (provider === "local") return { ...fixed, "hosts.subnet": subnet ?? derivedSubnet(clusterName) };
  if (provider !== "aws" || aws === undefined) return fixed;
  return {
    ...fixed,
    "hosts.aws.region": aws.region,
    "hosts.aws.availabilityZones": aws.availabilityZones.join(", "),
    "hosts.aws.vpcCidr": aws.vpcCidr,
    "hosts.aws.access": aws.access,
  };
}

/** Those of them that a running cluster has another value of. */
export function checkFixedHosts(running: FixedHosts, wanted: FixedHosts): Problem[] {
  const changed = Object.keys(running).filter(
    (key) => wanted[key] !== undefined && wanted[key] !== running[key],
  );
  return changed.map((key) => ({
    setting: key,
    value: wanted[key],
    rule: `can't change while the cluster runs: its hosts would be made anew, or could not be reached; it is ${running[key] ?? ""}`,
    fix: `put ${running[key] ?? ""} back; another environment is another stack`,
  }));
}
