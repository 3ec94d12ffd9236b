import type { HardeningOptions } from "../hosts/hardening/harden";
import type { HostSpec } from "../hosts/host";
import type { PortFeature } from "../plan/ports";
import type { ClusterLayout } from "./layout";
import type { Settings } from "./schema";

/** What is configured that has ports of its own. */
export function portFeatures({
  identityProvider,
}: Pick<Settings, "identityProvider">): readonly PortFeature[] {
  return identityProvider === undefined ? [] : ["identityProvider"];
}

/** What a host's hardening depends on, worked out from the settings: above all who may reach which port. */
export function hardeningOptions(
  settings: Settings,
  layout: ClusterLayout,
  host: HostSpec,
): HardeningOptions {
  const addresses = (hosts: readonly HostSpec[]): string[] => hosts.map(({ address }) => address);
  // Without other word only the box that hosts the machines manages them; elsewhere it is written down who does.
  const { operatorCidrs } = settings.hosts;
  const managers = layout.localNetwork === undefined ? operatorCidrs : [layout.localNetwork.gateway];
  const or = (configured: readonly string[]): readonly string[] =>
    configured.length > 0 ? configured : managers;
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
    adminUser: settings.hosts.adminUser,
    role: host.role,
    sshPort: settings.hosts.inventory?.hosts.find(({ name }) => name === host.name)?.port ?? 22,
    serviceClusterIpRange: settings.network.serviceClusterIpRange,
    features: portFeatures(settings),
    sources: {
      ...outside,
      controlPlanes: addresses(layout.hosts.filter(({ role }) => role === "control-plane")),
      nodes: addresses(layout.hosts),
      pods: [settings.network.podCidr],
    },
  };
}
