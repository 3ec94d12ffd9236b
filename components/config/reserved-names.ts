/**
 * Whether a user or group is one that only Kubernetes and the cluster's own components bear. `isReservedIdentity` of the PKI lets people
 * into `redoubt:cluster-admins`; here nobody is put there, and roles may be bound to it.
 */
export function isReservedName(name: string): boolean {
  return /^(system:|redoubt:|kube-apiserver-kubelet-client$)/.test(name);
}
