import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ControlPlane } from "../components/control-plane/control-plane";
import { deletedWith } from "../components/hosts/deleted-with";
import type { HostProvider } from "../components/hosts/host";
import type { ClusterPki } from "../components/pki/cluster-pki";
import type { Blueprint } from "./blueprint";

/** Options of components whose children are objects of the cluster: they need no deleting when the machine that holds them goes. */
export function inCluster(
  { settings }: Blueprint,
  pki: ClusterPki,
  controlPlane: ControlPlane,
  machines: HostProvider,
): pulumi.ComponentResourceOptions {
  const provider = new kubernetes.Provider(
    "kubernetes",
    {
      kubeconfig: pki.adminKubeconfig,
      clusterIdentifier: settings.clusterName,
      enableConfigMapMutable: true,
    },
    { dependsOn: controlPlane.applied.map(({ done }) => done) },
  );
  return { provider, transforms: [deletedWith(machines.hosts[0]?.ready[0])] };
}
