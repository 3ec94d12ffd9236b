import type * as pulumi from "@pulumi/pulumi";
import type { HardenedHost } from "../components/hosts/hardened-host";
import type { HostProvider } from "../components/hosts/host";
import { ResourceMetrics } from "../components/metrics/resource-metrics";
import type { ClusterPki } from "../components/pki/cluster-pki";
import type { Blueprint } from "./blueprint";

/** What nodes and pods use now, where somebody wants to know. */
export function serveMetrics(
  { settings, catalogue }: Blueprint,
  pki: ClusterPki,
  machines: HostProvider,
  controlPlanes: readonly HardenedHost[],
  inCluster: pulumi.ComponentResourceOptions,
): void {
  if (!settings.metricsServer.enabled) return;
  const args = {
    hosts: controlPlanes.map((host) => ({
      host,
      machine: machines.hosts.find(({ spec }) => spec.name === host.spec.name)?.ready[0],
    })),
    serverAuthorities: pki.kubernetesAuthority.trusted,
    authorities: settings.pki.authorities,
    artifacts: catalogue.artifacts,
  };
  new ResourceMetrics("metrics", args, inCluster);
}
