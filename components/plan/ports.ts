/**
 * Who may reach which port of a host. The host firewall reads this table, and the security groups of a cloud read the same.
 * Ports are the defaults of Kubernetes ("Ports and Protocols" in the Kubernetes reference) and etcd.
 */

/** What a host does in the cluster. */
export type HostRole = "control-plane" | "worker";

/** Who connects. `operators`: the CIDRs allowed to manage; `apiClients`: those allowed to reach the API; `pods`: the pod network. */
export type PortSource = "operators" | "apiClients" | "controlPlanes" | "nodes" | "pods";

/** What must be configured for a port to be open. */
export type PortFeature = "identityProvider";

/** The customary port of an API server ("Ports and Protocols"). */
export const apiServerPort = 6443;

/** Where cluster DNS listens inside its pods; unprivileged, so that the pods need no capability. */
export const dnsPodPort = 1053;

/** Dex's port, as in its documentation. */
export const dexPort = 5556;

/** metrics-server's port, as its manifests had it when it still ran on the network of hosts. */
export const metricsServerPort = 4443;

/** One open port of a host. */
export interface PortRule {
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** The hosts on which it is open. */
  readonly on: readonly HostRole[];
  /** Empty: something listens there, for its own host alone. */
  readonly from: readonly PortSource[];
  /** Open only when this is configured. Default: always. */
  readonly feature?: PortFeature;
}

/** A port of hosts behind which pods are reached from outside the cluster (kubernetes.io/docs, Service, "type: NodePort"). */
export interface NodePortRule {
  /** The rule of `network.allow` that opens it. */
  readonly name: string;
  readonly protocol: PortRule["protocol"];
  readonly nodePort: number;
  /** IPv4 network of those who may connect. */
  readonly cidr: string;
}

/** The rules that are in force when these features are configured. */
export function portRules(features: readonly PortFeature[]): readonly PortRule[] {
  return portTable.filter(({ feature }) => feature === undefined || features.includes(feature));
}

/** All ports on which a host of the cluster listens, and to whom they are open; whatever is not listed is dropped. */
export const portTable: readonly PortRule[] = [
  { name: "ssh", protocol: "tcp", port: 22, on: ["control-plane", "worker"], from: ["operators"] },
  {
    name: "kube-apiserver",
    protocol: "tcp",
    port: apiServerPort,
    on: ["control-plane"],
    from: ["apiClients", "nodes", "pods"],
  },
  {
    name: "dex",
    protocol: "tcp",
    port: dexPort,
    on: ["control-plane"],
    // People, and API servers, which ask for its keys.
    from: ["apiClients", "controlPlanes"],
    feature: "identityProvider",
  },
  { name: "etcd-client", protocol: "tcp", port: 2379, on: ["control-plane"], from: ["controlPlanes"] },
  { name: "etcd-peer", protocol: "tcp", port: 2380, on: ["control-plane"], from: ["controlPlanes"] },
  { name: "kubelet", protocol: "tcp", port: 10250, on: ["control-plane", "worker"], from: ["controlPlanes"] },
  // An API server asks the one beside it: an EndpointSlice may name no address of loopback, and nothing else needs to come here.
  { name: "metrics-server", protocol: "tcp", port: metricsServerPort, on: ["control-plane"], from: [] },
];

/** The port of a rule on a host whose sshd answers elsewhere than the table says. */
export function portOn({ name, port }: PortRule, sshPort: number | undefined): number {
  return name === "ssh" ? (sshPort ?? port) : port;
}
