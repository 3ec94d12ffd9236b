import type { HardeningOptions } from "../hosts/hardening/harden";
import type { HostSpec } from "../hosts/host";
import type { PortFeature } from "../plan/ports";
import type { ClusterLayout } from "./layout";
import { nodePortRules } from "./node-ports";
import type { Settings } from "./schema";

/** What is configured that has ports of its own. */
export function portFeatures({
  identityProvider,
}: Pick<Settings, "identityProvider">): readonly PortFeature[] {
  return identityProvider === undefined ? [] : ["identityProvider"];
}

const rebootsFromHour = 4;
const minutesBetweenReboots = 20;
/** More hosts than that share times: four hours of a night must do. */
const rebootTimes = 12;

/**
 * When a host reboots after an update that asks for it: hosts of a role one after another, so that etcd keeps its quorum and pods have
 * somewhere to be, and workers between control planes.
 *
 * @returns `HH:MM`, from 04:00 on.
 */
export function rebootTime({ hosts }: Pick<ClusterLayout, "hosts">, { name, role }: HostSpec): string {
  const place = hosts.filter((host) => host.role === role).findIndex((host) => host.name === name);
  const minutes =
    (place % rebootTimes) * minutesBetweenReboots + (role === "worker" ? minutesBetweenReboots / 2 : 0);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${two(rebootsFromHour + Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** What a host's hardening depends on, worked out from the settings: above all who may reach which port. */
export function hardeningOptions(
  settings: Settings,
  layout: ClusterLayout,
  host: HostSpec,
): HardeningOptions {
  const addresses = (hosts: readonly HostSpec[]): string[] => hosts.map(({ address }) => address);
  // The box that hosts machines manages them, whoever else may; elsewhere it is written down who does.
  const { operatorCidrs } = settings.hosts;
  const or = (configured: readonly string[]): readonly string[] => {
    if (layout.localNetwork !== undefined) return [layout.localNetwork.gateway, ...configured];
    return configured.length > 0 ? configured : operatorCidrs;
  };
  const { awsNetwork } = layout;
  const outside =
    awsNetwork === undefined
      ? { operators: or(operatorCidrs), apiClients: or(settings.apiServer.allowedCidrs) }
      : {
          operators: [awsNetwork.bastionAddress],
          // The load balancer connects by addresses of its own, and its security group knows who may connect to it.
          apiClients: awsNetwork.zones.map(({ publicCidr }) => publicCidr),
        };
  return {
    ...settings.hardening,
    rebootTime: rebootTime(layout, host),
    adminUser: settings.hosts.adminUser,
    role: host.role,
    podCidr: host.podCidr,
    sshPort: settings.hosts.inventory?.hosts.find(({ name }) => name === host.name)?.port ?? 22,
    serviceClusterIpRange: settings.network.serviceClusterIpRange,
    features: portFeatures(settings),
    nodePorts: layout.podNodes.includes(host.name) ? nodePortRules(settings.network) : [],
    sources: {
      ...outside,
      controlPlanes: addresses(layout.hosts.filter(({ role }) => role === "control-plane")),
      nodes: addresses(layout.hosts),
      pods: [settings.network.podCidr],
    },
  };
}
