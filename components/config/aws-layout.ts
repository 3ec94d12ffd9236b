import type { ZoneSpec } from "../hosts/aws/virtual-network";
import type { HostSpec } from "../hosts/host";
import { addressAt, isIn, partOf } from "./addresses";
import type { AwsSettings } from "./aws-schema";

/** The network of a cluster on AWS, worked out before anything exists. */
export interface AwsNetwork {
  /** One for each zone, in the order of the settings. */
  readonly zones: readonly ZoneSpec[];
  /** The bastion's own address in the VPC; hosts let nobody else in by SSH. */
  readonly bastionAddress: string;
  /** The bastion's own subnet in the first zone; undefined where it is among the hosts of that zone. */
  readonly bastionCidr: string | undefined;
}

/**
 * Places in a subnet. AWS keeps the first four addresses and the last of each (AWS: Subnet CIDR blocks). Load balancer, gateways and
 * the endpoint of tunnels get whichever is free in the public subnets, so none of these addresses is in one of those.
 */
const bastionOffset = 5;
const firstControlPlaneOffset = 10;
const firstWorkerOffset = 32;

/**
 * Three zones get a quarter of the VPC each for what is private; the last quarter is quartered for what faces the internet: one part
 * for each zone, and one for the bastion.
 */
export function awsNetwork({ vpcCidr, availabilityZones, access }: AwsSettings): AwsNetwork {
  const publicPart = (index: number): string => partOf(partOf(vpcCidr, 2, 3), 2, index);
  const zones = availabilityZones.map((name, index) => ({
    name,
    privateCidr: partOf(vpcCidr, 2, index),
    publicCidr: publicPart(index),
  }));
  const [first] = zones;
  if (first === undefined) throw new Error("hosts.aws.availabilityZones is empty");
  const bastionCidr = access === "bastion" ? publicPart(zones.length) : undefined;
  return { zones, bastionCidr, bastionAddress: addressAt(bastionCidr ?? first.privateCidr, bastionOffset) };
}

/** Address of the host with that number of its kind: zones take turns, so nobody moves when others come or go. */
export function awsAddress({ zones }: AwsNetwork, role: HostSpec["role"], ordinal: number): string {
  const zone = zones[ordinal % zones.length];
  if (zone === undefined) throw new Error("hosts.aws.availabilityZones is empty");
  const first = role === "control-plane" ? firstControlPlaneOffset : firstWorkerOffset;
  return addressAt(zone.privateCidr, first + Math.floor(ordinal / zones.length));
}

/** The zone that a host is in. */
export function awsZone({ zones }: AwsNetwork, { address }: Pick<HostSpec, "address">): string {
  const zone = zones.find(({ privateCidr }) => isIn(address, privateCidr));
  if (zone === undefined) throw new Error(`${address} is in no subnet`);
  return zone.name;
}
