import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { HostSpec } from "../hosts/host";
import { addressAt } from "./addresses";
import { awsAddress, awsNetwork, type AwsNetwork } from "./aws-layout";
import type { InventoryHostSettings } from "./hosts-schema";
import type { Settings } from "./schema";

/** The network that the box makes for its machines. */
export interface LocalNetwork {
  /** IPv4 network of the machines. */
  readonly subnet: string;
  /** The box's address in that network. */
  readonly gateway: string;
}

/** Names and addresses of everything, worked out from the settings before anything exists. */
export interface ClusterLayout {
  readonly hosts: readonly HostSpec[];
  /** Names of the nodes that run pods: the workers, or the control planes when there are none. */
  readonly podNodes: readonly string[];
  /** The network of local machines; undefined where hosts are somewhere else. */
  readonly localNetwork: LocalNetwork | undefined;
  /** The network of instances on AWS; undefined where hosts are somewhere else. */
  readonly awsNetwork: AwsNetwork | undefined;
  /** DNS name or address under which the API is reached. */
  readonly endpoint: string;
  /** Address of the service `kubernetes`: the first of the range. */
  readonly kubernetesServiceAddress: string;
  /** Address of cluster DNS: the tenth of the range. */
  readonly dnsServiceAddress: string;
}

/** Pod networks of workers begin here; those of control planes before it. Nobody's network moves when others come or go. */
export const firstWorkerPodNetwork = 16;
/** Last byte of the first control plane's and the first worker's address. */
const firstControlPlaneAddress = 10;
const firstWorkerAddress = 32;

/** A /24 of the ten-network that depends on the name alone, away from the defaults of pods and services. */
export function derivedSubnet(clusterName: string): string {
  const digest = createHash("sha256").update(clusterName).digest();
  return `10.${128 + (digest.readUInt8(0) % 96)}.${digest.readUInt8(1)}.0/24`;
}

/** How many /24 a network has. */
function podNetworks(network: string): number {
  return ipaddr.IPv4.isValidCIDR(network) ? 2 ** Math.max(0, 24 - ipaddr.IPv4.parseCIDR(network)[1]) : 1;
}

/**
 * The pods of a host of the inventory: a /24 that depends on nothing but its address, unless one is written down.
 *
 * @param podCidr The network of all pods.
 */
export function inventoryPodCidr(
  podCidr: string,
  host: Pick<InventoryHostSettings, "address" | "podCidr">,
): string {
  if (host.podCidr !== undefined) return host.podCidr;
  const index = Number(host.address.split(".").at(-1)) % podNetworks(podCidr);
  return ipaddr.IPv4.isValidCIDR(podCidr) ? `${addressAt(podCidr, index * 256)}/24` : podCidr;
}

/** Hosts that are there already: as they are written down, control planes first. */
function inventoryHosts(settings: Settings): HostSpec[] {
  const listed = settings.hosts.inventory?.hosts ?? [];
  const specs = listed.map((host) => {
    const { name, role, address } = host;
    return { name, role, address, podCidr: inventoryPodCidr(settings.network.podCidr, host) };
  });
  return [
    ...specs.filter(({ role }) => role === "control-plane"),
    ...specs.filter(({ role }) => role === "worker"),
  ];
}

/** Hosts that the stack makes: each has an ordinal of its own kind, so nobody moves when others come or go. */
function numberedHosts(
  settings: Settings,
  addressOf: (role: HostSpec["role"], ordinal: number) => string,
): HostSpec[] {
  const podNetwork = (index: number): string => `${addressAt(settings.network.podCidr, index * 256)}/24`;
  const makeHosts = (role: HostSpec["role"], count: number, podIndex: number): HostSpec[] =>
    Array.from({ length: count }, (_, ordinal) => ({
      name: `${role}-${ordinal}`,
      role,
      address: addressOf(role, ordinal),
      podCidr: podNetwork(podIndex + ordinal),
    }));
  return [
    ...makeHosts("control-plane", settings.hosts.controlPlanes, 0),
    ...makeHosts("worker", settings.hosts.workers, firstWorkerPodNetwork),
  ];
}

function localAddress(subnet: string, role: HostSpec["role"], ordinal: number): string {
  const first = role === "control-plane" ? firstControlPlaneAddress : firstWorkerAddress;
  return addressAt(subnet, first + ordinal);
}

function localNetwork(settings: Settings): LocalNetwork {
  const subnet = settings.hosts.subnet ?? derivedSubnet(settings.clusterName);
  return { subnet, gateway: addressAt(subnet, 1) };
}

/** The network of the hosts where the stack makes it, and the hosts. */
function placed(settings: Settings): Pick<ClusterLayout, "hosts" | "localNetwork" | "awsNetwork"> {
  const { provider, aws } = settings.hosts;
  const nowhere = { localNetwork: undefined, awsNetwork: undefined };
  if (provider === "inventory") return { ...nowhere, hosts: inventoryHosts(settings) };
  if (provider === "local") {
    const network = localNetwork(settings);
    const hosts = numberedHosts(settings, (role, ordinal) => localAddress(network.subnet, role, ordinal));
    return { ...nowhere, localNetwork: network, hosts };
  }
  if (aws === undefined) throw new Error("hosts.aws is missing");
  const network = awsNetwork(aws);
  const hosts = numberedHosts(settings, (role, ordinal) => awsAddress(network, role, ordinal));
  return { ...nowhere, awsNetwork: network, hosts };
}

/** The layout of a cluster; it depends on the settings alone, and stays what it is when other hosts come or go. */
export function clusterLayout(settings: Settings): ClusterLayout {
  const { hosts, ...networks } = placed(settings);
  const workers = hosts.filter(({ role }) => role === "worker");
  const [first] = hosts;
  if (first === undefined) throw new Error("a cluster needs a host");
  return {
    hosts,
    podNodes: (workers.length > 0 ? workers : hosts).map(({ name }) => name),
    ...networks,
    endpoint: settings.apiServer.endpoint ?? first.address,
    kubernetesServiceAddress: addressAt(settings.network.serviceClusterIpRange, 1),
    dnsServiceAddress: addressAt(settings.network.serviceClusterIpRange, 10),
  };
}
