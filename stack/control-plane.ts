import { ControlPlane } from "../components/control-plane/control-plane";
import { EtcdCluster } from "../components/etcd/etcd-cluster";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { Blueprint } from "./blueprint";

/** etcd and the API servers before it, on each of the hosts. */
export function startControlPlane(
  { settings, catalogue, issuers }: Blueprint,
  hosts: readonly HardenedHost[],
): ControlPlane {
  const { clusterName, network, apiServer, authentication, authorization, pki } = settings;
  const { artifacts } = catalogue;
  const etcd = new EtcdCluster("etcd", { ...settings.etcd, clusterName, hosts, artifacts });
  const args = {
    ...apiServer,
    ...network,
    clusterName,
    authentication,
    authorization,
    authorities: pki.authorities,
    trustsIssuers: issuers.authenticationConfiguration !== undefined,
    hosts,
    etcdAddresses: etcd.addresses,
    artifacts,
  };
  // One member is started together with the API server, which waits for it. A learner would refuse the API server's requests.
  return new ControlPlane("control-plane", args, { dependsOn: hosts.length > 1 ? [etcd] : [] });
}
