import {
  dnsPodPort,
  portRules,
  type HostRole,
  type NodePortRule,
  type PortFeature,
  type PortSource,
} from "../../plan/ports";

/** The security groups of a cluster. */
export type GroupName = "control-planes" | "workers" | "load-balancer" | "bastion" | "tunnel-endpoint";

/** Who is on the other side of a rule. */
export type Peer =
  | { readonly group: GroupName }
  | { readonly cidr: string }
  /** The address of a NAT gateway, by number: hosts come from there to a load balancer that faces the internet. */
  | { readonly natGateway: number };

/** One rule of a security group; what no rule lets through is dropped. */
export interface SecurityRule {
  /** What it is for; of the names of the port table where it is from there. */
  readonly name: string;
  readonly group: GroupName;
  readonly direction: "in" | "out";
  readonly protocol: "tcp" | "udp" | "all";
  /** Undefined for protocol `all`. */
  readonly port?: number;
  readonly peer: Peer;
}

/** What the rules depend on. */
export interface SecurityRulesOptions {
  /** What is configured, and so has its ports open. */
  readonly features: readonly PortFeature[];
  /** Networks from which the load balancer is reached, beside hosts. */
  readonly apiClients: readonly string[];
  /** Networks from which the bastion is reached; unused behind an endpoint. */
  readonly operators: readonly string[];
  readonly podCidr: string;
  /** Ways from outside the cluster to its pods. */
  readonly nodePorts: readonly NodePortRule[];
  /** False when control planes run all pods. */
  readonly hasWorkers: boolean;
  readonly access: "bastion" | "instance-connect-endpoint";
  /** How many NAT gateways hosts come from to a load balancer that faces the internet; undefined for an internal one. */
  readonly publicBehindNatGateways?: number | undefined;
}

const groupOf: Readonly<Record<HostRole, GroupName>> = {
  "control-plane": "control-planes",
  worker: "workers",
};
const hostGroups = Object.values(groupOf);
const everywhere: Peer = { cidr: "0.0.0.0/0" };

/** Who a source of the port table is here. Addresses of pods are on no interface, so no group stands for them. */
function peersOf(source: PortSource, { podCidr }: SecurityRulesOptions): readonly Peer[] {
  switch (source) {
    case "operators":
      return [{ group: "bastion" }];
    case "apiClients":
      return [{ group: "load-balancer" }];
    case "controlPlanes":
      return [{ group: "control-planes" }];
    case "nodes":
      return hostGroups.map((group) => ({ group }));
    case "pods":
      return [{ cidr: podCidr }];
  }
}

/** The port table, as the host firewall reads it too. */
function hostRules(options: SecurityRulesOptions): SecurityRule[] {
  return portRules(options.features).flatMap(({ name, protocol, port, on, from }) =>
    on.flatMap((role) =>
      from.flatMap((source) =>
        peersOf(source, options).map((peer): SecurityRule => {
          return { name, group: groupOf[role], direction: "in", protocol, port, peer };
        }),
      ),
    ),
  );
}

/** The hosts that run pods. */
function podGroup(hasWorkers: boolean): GroupName {
  return hasWorkers ? "workers" : "control-planes";
}

/** Clients outside the cluster, whom a load balancer of the user's may stand before; the host firewall has the same. */
function nodePortRules({ nodePorts, hasWorkers }: SecurityRulesOptions): SecurityRule[] {
  const group = podGroup(hasWorkers);
  return nodePorts.map(({ name, protocol, nodePort, cidr }): SecurityRule => {
    const ruleName = `${name}-${protocol}-${nodePort}`;
    return { name: ruleName, group, direction: "in", protocol, port: nodePort, peer: { cidr } };
  });
}

/**
 * Packets of pods cross the VPC as they are, and a rule of a security group does not say to which address. So a host that runs pods
 * accepts all that comes from pods and hosts, and its own firewall tells what is for it. Control planes, where none but cluster DNS is
 * reached, accept that alone: etcd and kubelets there stay closed to a worker that was taken over, pods' addresses included.
 */
function podRules({ podCidr, hasWorkers }: SecurityRulesOptions): SecurityRule[] {
  const senders: readonly Peer[] = [{ cidr: podCidr }, ...hostGroups.map((group) => ({ group }))];
  const podHosts = podGroup(hasWorkers);
  return senders.flatMap((peer): SecurityRule[] => [
    { name: "pods", group: podHosts, direction: "in", protocol: "all", peer },
    ...(hasWorkers ? (["tcp", "udp"] as const) : []).map((protocol): SecurityRule => {
      return {
        name: `dns-${protocol}`,
        group: "control-planes",
        direction: "in",
        protocol,
        port: dnsPodPort,
        peer,
      };
    }),
  ]);
}

/** What the load balancer stands in front of: ports of control planes that clients outside the cluster reach. */
export function balancedPorts(features: readonly PortFeature[]): readonly { name: string; port: number }[] {
  return portRules(features)
    .filter(({ from }) => from.includes("apiClients"))
    .map(({ name, port }) => ({ name, port }));
}

/** Hosts reach the API by the load balancer too: by its inner addresses, or over the internet where it has no others. */
function loadBalancerRules(options: SecurityRulesOptions): SecurityRule[] {
  const { apiClients, features, publicBehindNatGateways } = options;
  const hosts: readonly Peer[] =
    publicBehindNatGateways === undefined
      ? hostGroups.map((group) => ({ group }))
      : Array.from({ length: publicBehindNatGateways }, (_, natGateway) => ({ natGateway }));
  const clients: readonly Peer[] = [...apiClients.map((cidr) => ({ cidr })), ...hosts];
  return balancedPorts(features).flatMap(({ name, port }): SecurityRule[] => [
    ...clients.map((peer): SecurityRule => {
      return { name, group: "load-balancer", direction: "in", protocol: "tcp", port, peer };
    }),
    {
      name,
      group: "load-balancer",
      direction: "out",
      protocol: "tcp",
      port,
      peer: { group: "control-planes" },
    },
  ]);
}

/** The bastion passes SSH on to hosts and fetches its updates; nothing else. */
function bastionRules({ access, operators }: SecurityRulesOptions): SecurityRule[] {
  const ssh = { name: "ssh", protocol: "tcp", port: 22 } as const;
  const clients: readonly Peer[] =
    access === "bastion" ? operators.map((cidr) => ({ cidr })) : [{ group: "tunnel-endpoint" }];
  return [
    ...clients.map((peer): SecurityRule => ({ ...ssh, group: "bastion", direction: "in", peer })),
    ...hostGroups.map((group): SecurityRule => {
      return { ...ssh, group: "bastion", direction: "out", peer: { group } };
    }),
    ...([80, 443] as const).map((port): SecurityRule => {
      return {
        name: `updates-${port}`,
        group: "bastion",
        direction: "out",
        protocol: "tcp",
        port,
        peer: everywhere,
      };
    }),
    ...(access === "bastion"
      ? []
      : [{ ...ssh, group: "tunnel-endpoint", direction: "out", peer: { group: "bastion" } } as const]),
  ];
}

/**
 * All rules of all groups. Hosts may send anywhere: where pods may connect to is said by network policies, where Dex may by rules of
 * its own, and both name ports that a list here would have to repeat.
 */
export function securityRules(options: SecurityRulesOptions): readonly SecurityRule[] {
  return [
    ...hostRules(options),
    ...podRules(options),
    ...nodePortRules(options),
    ...hostGroups.map((group): SecurityRule => {
      return { name: "all", group, direction: "out", protocol: "all", peer: everywhere };
    }),
    ...loadBalancerRules(options),
    ...bastionRules(options),
  ];
}

/** The groups that the way in needs. */
export function groupNames(access: SecurityRulesOptions["access"]): readonly GroupName[] {
  const groups: readonly GroupName[] = ["control-planes", "workers", "load-balancer", "bastion"];
  return access === "bastion" ? groups : [...groups, "tunnel-endpoint"];
}
