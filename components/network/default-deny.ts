import { apiServerPort, dnsPodPort } from "../plan/ports";
import { policyPeer, type NetworkPolicyManifest, type PolicyPort } from "./allow-rules";

/** Pods that answer cluster DNS. */
export const dnsPods = { namespace: "kube-system", podLabels: { "k8s-app": "kube-dns" } } as const;

/** Policies see traffic after the service address was translated, so they name the pods' port. */
const dnsPorts: PolicyPort[] = [
  { protocol: "UDP", port: dnsPodPort },
  { protocol: "TCP", port: dnsPodPort },
];

/** Nothing enters or leaves a pod of the namespace unless another policy lets it (NSA/CISA Kubernetes guide; CIS 5.3.2). */
function denyAll(namespace: string): NetworkPolicyManifest {
  return {
    name: "default-deny",
    namespace,
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

/** A pod may ask cluster DNS: without it the deny above breaks every name, the commonest complaint about default deny. */
function allowDnsEgress(namespace: string): NetworkPolicyManifest {
  return {
    name: "allow-dns",
    namespace,
    spec: {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [policyPeer(dnsPods)], ports: dnsPorts }],
    },
  };
}

/** What a namespace of the stack starts from. */
export function isolationManifests(namespace: string): NetworkPolicyManifest[] {
  return [denyAll(namespace), allowDnsEgress(namespace)];
}

/**
 * kube-system starts from the same deny. Its exceptions have a name each: DNS answers every pod, and asks the API server
 * and, where configured, resolvers outside.
 *
 * @param apiServerAddresses IPv4 addresses of the control planes: policies see them, not the service address.
 * @param upstreamResolvers IPv4 addresses of resolvers outside the cluster.
 */
export function systemIsolationManifests(
  apiServerAddresses: readonly string[],
  upstreamResolvers: readonly string[],
): NetworkPolicyManifest[] {
  const dns = { matchLabels: { ...dnsPods.podLabels } };
  const manifests: NetworkPolicyManifest[] = [
    denyAll(dnsPods.namespace),
    {
      name: "dns-answers-every-pod",
      namespace: dnsPods.namespace,
      spec: {
        podSelector: dns,
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: {}, podSelector: {} }], ports: dnsPorts }],
      },
    },
    {
      name: "dns-asks-the-api-server",
      namespace: dnsPods.namespace,
      spec: {
        podSelector: dns,
        policyTypes: ["Egress"],
        egress: [
          {
            to: apiServerAddresses.map((address) => ({ ipBlock: { cidr: `${address}/32` } })),
            ports: [{ protocol: "TCP", port: apiServerPort }],
          },
        ],
      },
    },
  ];
  if (upstreamResolvers.length === 0) return manifests;
  return [
    ...manifests,
    {
      name: "dns-asks-upstream",
      namespace: dnsPods.namespace,
      spec: {
        podSelector: dns,
        policyTypes: ["Egress"],
        egress: [
          {
            to: upstreamResolvers.map((address) => ({ ipBlock: { cidr: `${address}/32` } })),
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          },
        ],
      },
    },
  ];
}
