/**
 * Names that certificates give and bindings read: what authenticates here is authorized under the same name in `access/`.
 * Users and groups of `system:` are Kubernetes' own; those of `redoubt:` are ours.
 */

/** The group whose members administer the cluster; an ordinary group, so that its binding can be withdrawn. */
export const clusterAdminsGroup = "redoubt:cluster-admins";

/** The API server, when it calls kubelets. Not in `system:masters`: it may use the kubelets' API and nothing else. */
export const kubeletClientUser = "kube-apiserver-kubelet-client";

/** The group of {@link kubeletClientUser}. */
export const kubeletClientsGroup = "redoubt:kubelet-clients";

/** The network policy engine of every node. */
export const kubeRouterUser = "redoubt:kube-router";

/** metrics-server, as a client of the API server and of kubelets. */
export const metricsServerUser = "redoubt:metrics-server";

/** The identity provider, as a client of the API server, and the namespace in which it keeps what it must remember. */
export const dexUser = "redoubt:dex";
export const dexNamespace = "redoubt-dex";

/** The group of {@link dexUser}; nothing is bound to it. */
export const identityProvidersGroup = "redoubt:identity-providers";

/**
 * True for a user or group that only the cluster's own components may bear: `system:` (Kubernetes' reserved prefix) and ours.
 * {@link clusterAdminsGroup} is for people, so it is not reserved.
 */
export function isReservedIdentity(name: string): boolean {
  if (name === clusterAdminsGroup) return false;
  return name.startsWith("system:") || name.startsWith("redoubt:") || name === kubeletClientUser;
}
