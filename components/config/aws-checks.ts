import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { AwsSettings } from "./aws-schema";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

/** A zone of a region is named by a letter; local and wavelength zones have longer names, and no load balancers of ours (AWS: Zones). */
function zoneProblems({ region, availabilityZones }: AwsSettings): Problem[] {
  const setting = "hosts.aws.availabilityZones";
  const foreign = availabilityZones.filter(
    (zone) => !(zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))),
  );
  return [
    ...foreign.map((value) => {
      const rule = `is no zone of hosts.aws.region = ${region}`;
      return { setting, value, rule, fix: `name zones as ${region}a` };
    }),
    ...repeated(availabilityZones).map((value) => {
      const rule = "is there twice: the loss of that zone would take two thirds of the hosts";
      return { setting, value, rule, fix: "name three different zones" };
    }),
  ];
}

/** AWS takes networks from /16 to /28 (AWS: VPC CIDR blocks); ours must be cut into quarters, and a quarter of those into quarters. */
function networkProblems({ vpcCidr: value }: AwsSettings): Problem[] {
  const setting = "hosts.aws.vpcCidr";
  if (!ipaddr.IPv4.isValidCIDR(value)) return [];
  const prefix = ipaddr.IPv4.parseCIDR(value)[1];
  const problems: Problem[] = [];
  if (prefix < 16 || prefix > 22) {
    const rule = `is a /${prefix}: AWS takes no more than a /16, and three zones need a /22 at least`;
    problems.push({ setting, value, rule, fix: "use a /16 to /22" });
  }
  return problems;
}

/**
 * Processors of an instance type, by its name: a `g` behind the generation is a Graviton, which is arm64, and so is a1
 * (AWS: Instance type naming conventions).
 */
function architectureOf(instanceType: string): AwsSettings["architecture"] {
  const [, series = "", generation = "", attributes = ""] =
    /^([a-z]+)(\d+)([^.]*)\./.exec(instanceType) ?? [];
  return attributes.includes("g") || `${series}${generation}` === "a1" ? "arm64" : "amd64";
}

/** A type that is small, cheap and of the architecture, for the fix. */
const exampleTypes = { amd64: "m7i.large or t3.micro", arm64: "m7g.large or t4g.micro" } as const;

function architectureProblems({ architecture, instanceTypes }: AwsSettings): Problem[] {
  return Object.entries(instanceTypes)
    .filter(([, value]) => architectureOf(value) !== architecture)
    .map(([name, value]) => ({
      setting: `hosts.aws.instanceTypes.${name}`,
      value,
      rule: `is ${architectureOf(value)}, and hosts.aws.architecture is ${architecture}`,
      fix: `use a type as ${exampleTypes[architecture]}, or another architecture`,
    }));
}

/** Who may reach what the stack opens. */
function accessProblems({ hosts, apiServer }: Settings, { access }: AwsSettings): Problem[] {
  const problems: Problem[] = [];
  if (access === "bastion" && hosts.operatorCidrs.length === 0) {
    const rule = "is missing: the bastion would let nobody in";
    const fix = "name the networks from which you, and whatever runs up, reach the bastion";
    problems.push({ setting: "hosts.operatorCidrs", value: undefined, rule, fix });
  }
  if (access !== "bastion" && apiServer.allowedCidrs.length === 0 && hosts.operatorCidrs.length === 0) {
    const rule = "is missing: the load balancer would let nobody but nodes reach the API";
    const fix = "name the networks from which people, and whatever runs up, reach the API";
    problems.push({ setting: "apiServer.allowedCidrs", value: undefined, rule, fix });
  }
  return problems;
}

function endpointProblems({ apiServer: { endpoint } }: Settings): Problem[] {
  const setting = "apiServer.endpoint";
  const fix = "name the load balancer, as api.example.org; hosts.aws.hostedZoneId makes the name";
  if (endpoint === undefined) {
    const rule = "is missing: a load balancer on AWS has no address that a certificate could bear";
    return [{ setting, value: undefined, rule, fix }];
  }
  if (isIP(endpoint) === 0) return [];
  return [{ setting, value: endpoint, rule: "is an address: those of a load balancer on AWS change", fix }];
}

function subnetProblems({ hosts: { subnet } }: Settings): Problem[] {
  if (subnet === undefined) return [];
  const rule = "is given, and hosts.provider is aws";
  return [{ setting: "hosts.subnet", value: subnet, rule, fix: "set hosts.aws.vpcCidr instead" }];
}

/** Relations between settings of instances on AWS. */
export function awsProblems(settings: Settings): Problem[] {
  const { aws } = settings.hosts;
  if (aws === undefined) {
    const rule = "is missing, and hosts.provider is aws";
    return [{ setting: "hosts.aws", value: undefined, rule, fix: "give it, as docs/aws.md shows" }];
  }
  return [
    ...zoneProblems(aws),
    ...networkProblems(aws),
    ...architectureProblems(aws),
    ...accessProblems(settings, aws),
    ...endpointProblems(settings),
    ...subnetProblems(settings),
  ];
}
