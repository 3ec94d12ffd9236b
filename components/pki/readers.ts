/** Who reads a file: its owner and its group on the host. */
export interface Reader {
  readonly user: string;
  readonly group: string;
}

const reader = (user: string): Reader => ({ user, group: user });

/**
 * The readers of certificates and keys; `hosts/service-accounts.ts` makes the users. kubelet, kube-proxy and kube-router change
 * the host's network, so they are root.
 */
export const readers = {
  root: reader("root"),
  etcd: reader("etcd"),
  kubeApiserver: reader("kube-apiserver"),
  controllerManager: reader("kube-controller-manager"),
  scheduler: reader("kube-scheduler"),
  dex: reader("dex"),
  metricsServer: reader("metrics-server"),
} as const;
