import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { HostSpec } from "../hosts/host";
import type { Settings } from "./schema";

/** Names and addresses of everything, worked out from the settings before anything exists. */
export interface ClusterLayout {
  readonly hosts: readonly HostSpec[];
  /** Names of the nodes that run pods: the workers, or the control planes when there are none. */
  readonly podNodes: readonly string[];
  /** IPv4 network of the hosts. */
  readonly subnet: string;
  /** The box's address in that network. */
  readonly gateway: string;
  /** DNS name or address under which the API is reached. */
  readonly endpoint: string;
  /** Address of the service `kubernetes`: the first of the range. */
  readonly kubernetesServiceAddress: string;
  /** Address of cluster DNS: the tenth of the range. */
  readonly dnsServiceAddress: string;
}

/** Pod networks of workers begin here; those of control planes before it. Nobody's network moves when others come or go. */
const firstWorkerPodNetwork = 16;
/** Last byte of the first control plane's and the first worker's address. */
const firstControlPlaneAddress = 10;
const firstWorkerAddress = 32;

function addressAt(network: string, offset: number): string {
  const [base] = ipaddr.IPv4.parseCIDR(network);
  const bytes = base.toByteArray();
  const number = bytes.reduce((value, byte) => value * 256 + byte, 0) + offset;
  return [24, 16, 8, 0].map((shift) => (number / 2 ** shift) & 255).join(".");
}

/** A /24 of the ten-network that depends on the name alone, away from the defaults of pods and services. */
function derivedSubnet(clusterName: string): string {
  const digest = createHash("sha256").update(clusterName).digest();
  return `10.${128 + (digest.readUInt8(0) % 96)}.${digest.readUInt8(1)}.0/24`;
}

/** The layout of a cluster; stable, because every host has an ordinal of its own kind. */
export function clusterLayout(settings: Settings): ClusterLayout {
  const subnet = settings.hosts.subnet ?? derivedSubnet(settings.clusterName);
  const podNetwork = (index: number): string => `${addressAt(settings.network.podCidr, index * 256)}/24`;
  const makeHosts = (role: HostSpec["role"], count: number, address: number, podIndex: number): HostSpec[] =>
    Array.from({ length: count }, (_, ordinal) => ({
      name: `${role}-${ordinal}`,
      role,
      address: addressAt(subnet, address + ordinal),
      podCidr: podNetwork(podIndex + ordinal),
    }));
  const controlPlanes = makeHosts("control-plane", settings.hosts.controlPlanes, firstControlPlaneAddress, 0);
  const workers = makeHosts("worker", settings.hosts.workers, firstWorkerAddress, firstWorkerPodNetwork);
  return {
    hosts: [...controlPlanes, ...workers],
    podNodes: (workers.length > 0 ? workers : controlPlanes).map(({ name }) => name),
    subnet,
    gateway: addressAt(subnet, 1),
    endpoint: settings.apiServer.endpoint ?? addressAt(subnet, firstControlPlaneAddress),
    kubernetesServiceAddress: addressAt(settings.network.serviceClusterIpRange, 1),
    dnsServiceAddress: addressAt(settings.network.serviceClusterIpRange, 10),
  };
}
