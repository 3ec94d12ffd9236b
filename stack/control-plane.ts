import { ControlPlane } from "../components/control-plane/control-plane";
import { EtcdCluster } from "../components/etcd/etcd-cluster";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { Blueprint } from "./blueprint";

/** etcd and the API servers before it, on each of the hosts. */
export function startControlPlane(
  { settings, catalogue, issuers }: Blueprint,
  hosts: readonly HardenedHost[],
): ControlPlane {
  const { clusterName, network, apiServer, authentication, authorization } = settings;
  const { artifacts } = catalogue;
  const etcd = new EtcdCluster("etcd", { clusterName, hosts, artifacts });
  return new ControlPlane("control-plane", {
    ...apiServer,
    ...network,
    clusterName,
    authentication,
    authorization,
    trustsIssuers: issuers.authenticationConfiguration !== undefined,
    hosts,
    etcdAddresses: etcd.addresses,
    artifacts,
  });
}
