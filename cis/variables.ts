import { paths } from "../components/plan/paths";

const unit = (name: string): string => `/etc/systemd/system/${name}.service`;

/** The kubelet's own configuration. */
export const kubeletConfiguration = `${paths.kubelet}/config.yaml`;

/**
 * What kube-bench's variables are on hosts of a stack: programs by their names, and files where they lie. What it calls the specification
 * of a pod is the unit that starts the same program; kube-bench's own configuration names units of systemd for kubelets alone.
 */
export const hostVariables: Readonly<Record<string, string>> = {
  apiserverbin: "kube-apiserver",
  apiserverconf: unit("kube-apiserver"),
  controllermanagerbin: "kube-controller-manager",
  controllermanagerconf: unit("kube-controller-manager"),
  controllermanagerkubeconfig: paths.controllerManagerKubeconfig,
  schedulerbin: "kube-scheduler",
  schedulerconf: unit("kube-scheduler"),
  schedulerkubeconfig: paths.schedulerKubeconfig,
  etcdbin: "etcd",
  etcdconf: unit("etcd"),
  etcddatadir: paths.etcdData,
  kubeletbin: "kubelet",
  kubeletsvc: unit("kubelet"),
  kubeletconf: kubeletConfiguration,
  kubeletkubeconfig: paths.kubeletKubeconfig,
  proxybin: "kube-proxy",
  proxykubeconfig: `${paths.kubeProxy}/kubeconfig`,
};
