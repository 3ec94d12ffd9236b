import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../components/config/artifacts";
import type { HardenedHost } from "../components/hosts/hardened-host";
import { CoreDns } from "../components/network/coredns";
import { NetworkPolicies } from "../components/network/network-policies";
import { ConnectivityProbe } from "../components/network/probe";
import type { Blueprint } from "./blueprint";

/** Default deny in every namespace, with its exceptions. */
export function denyByDefault(
  { settings }: Blueprint,
  controlPlanes: readonly HardenedHost[],
  inCluster: pulumi.ComponentResourceOptions,
): NetworkPolicies {
  const { network, namespaces } = settings;
  const apiServerAddresses = controlPlanes.map(({ spec }) => spec.address);
  return new NetworkPolicies("network", { ...network, namespaces, apiServerAddresses }, inCluster);
}

/** DNS of the cluster. */
export function serveDns(
  { settings, layout, catalogue }: Blueprint,
  inCluster: pulumi.ComponentResourceOptions,
): CoreDns {
  const args = {
    ...settings.network,
    authorities: settings.pki.authorities,
    image: imageReference(catalogue, "coredns"),
    clusterIp: layout.dnsServiceAddress,
    replicas: Math.min(2, layout.hosts.length),
  };
  return new CoreDns("coredns", args, inCluster);
}

/** The proof: real connections, allowed and denied, led by the first control plane, when all of `after` is there. */
export function probeNetwork(
  { settings, layout, catalogue }: Blueprint,
  host: HardenedHost,
  dns: CoreDns,
  after: readonly pulumi.Resource[],
): ConnectivityProbe {
  const { network, namespaces } = settings;
  return new ConnectivityProbe(
    "probe",
    {
      ...network,
      connection: host.connection,
      cluster: {
        namespaces: ["default", ...namespaces.map(({ name }) => name)],
        podCidr: network.podCidr,
        controlPlanes: layout.hosts.filter(({ role }) => role === "control-plane"),
        nodes: layout.podNodes,
      },
      image: imageReference(catalogue, "probe"),
      dns: dns.rollout,
      dnsAddress: layout.dnsServiceAddress,
      timeoutSeconds: network.probeTimeoutSeconds,
      carriers: Object.fromEntries(
        ["kubelet", "kube-proxy", "kube-router", "ptp"].map((name) => [
          name,
          catalogue.artifacts[name]?.sha256 ?? "none",
        ]),
      ),
    },
    { dependsOn: [dns, ...after] },
  );
}
