/**
 * Where things lie on the disk of a host. Kubernetes' customary places are kept (CIS checks read them); private keys lie in a
 * directory of the component that reads them, because CIS 1.1.19 wants everything below `/etc/kubernetes/pki` to be root's.
 */
export const paths = {
  /** State of the plan engine: unit digests, revert guards, manifests. root 0700. */
  engineState: "/var/lib/redoubt",
  /** What puts guarded files back, while a change of them is unconfirmed. */
  revert: "/var/lib/redoubt/revert",
  /** Functions that scripts of plans call; see `functions.ts`. */
  functions: "/usr/local/lib/redoubt/converge.sh",
  /** Read-only store of artifacts on local machines. */
  artifactStore: "/opt/redoubt/artifacts",
  binaries: "/usr/local/bin",
  kubernetes: "/etc/kubernetes",
  /** Certificates of authorities and what root reads. */
  pki: "/etc/kubernetes/pki",
  etcdConfig: "/etc/etcd",
  etcdPki: "/etc/etcd/pki",
  etcdData: "/var/lib/etcd",
  kubeApiserver: "/etc/kubernetes/kube-apiserver",
  kubeApiserverLogs: "/var/log/kubernetes",
  controllerManager: "/etc/kubernetes/kube-controller-manager",
  scheduler: "/etc/kubernetes/kube-scheduler",
  dex: "/etc/dex",
  metricsServer: "/etc/kubernetes/metrics-server",
  kubeProxy: "/etc/kubernetes/kube-proxy",
  kubeRouter: "/etc/kubernetes/kube-router",
  kubelet: "/var/lib/kubelet",
  kubeletPki: "/var/lib/kubelet/pki",
  cniConfig: "/etc/cni/net.d",
  cniBinaries: "/opt/cni/bin",
  cniData: "/var/lib/cni",
  superAdminKubeconfig: "/etc/kubernetes/super-admin.conf",
  kubeletKubeconfig: "/etc/kubernetes/kubelet.conf",
  controllerManagerKubeconfig: "/etc/kubernetes/controller-manager.conf",
  schedulerKubeconfig: "/etc/kubernetes/scheduler.conf",
} as const;

/** Where a program of the cluster is installed. */
export function binaryPath(name: string): string {
  return `${paths.binaries}/${name}`;
}
