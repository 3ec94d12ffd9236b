import type { HostRole } from "../plan/ports";
import { paths } from "../plan/paths";
import type { DirectorySpec, PlanFragment } from "../plan/plan";

/** Components of the control plane that run under users of their own; each owns its keys and nothing else. */
const controlPlaneServices: readonly { readonly user: string; readonly folder: string }[] = [
  { user: "etcd", folder: paths.etcdPki },
  { user: "kube-apiserver", folder: paths.kubeApiserver },
  { user: "kube-controller-manager", folder: paths.controllerManager },
  { user: "kube-scheduler", folder: paths.scheduler },
];

/** What runs on control planes only when it is configured. */
const identityProvider = { user: "dex", folder: paths.dex } as const;
const metricsServer = { user: "metrics-server", folder: paths.metricsServer } as const;

/** What decides which service accounts a host has. */
export interface ServiceAccountOptions {
  /** Whether Dex runs on control planes. Default: false. */
  readonly identityProvider?: boolean;
  /** Whether metrics-server runs on control planes. Default: false. */
  readonly metricsServer?: boolean;
}

/** Folders of what root reads on every node. */
const rootFolders: readonly DirectorySpec[] = [
  { path: paths.kubernetes },
  { path: paths.pki },
  { path: paths.kubeProxy, mode: "0700" },
  { path: paths.kubeRouter, mode: "0700" },
  { path: paths.kubelet, mode: "0711" },
  { path: paths.kubeletPki, mode: "0700" },
];

/** System users of the role's components, and the folders that their keys will lie in: private before anything is in them. */
export function serviceAccounts(role: HostRole, options: ServiceAccountOptions = {}): PlanFragment {
  if (role === "worker") return { directories: rootFolders };
  const services = [
    ...controlPlaneServices,
    ...(options.identityProvider === true ? [identityProvider] : []),
    ...(options.metricsServer === true ? [metricsServer] : []),
  ];
  return {
    users: services.map(({ user }) => ({ name: user, system: true })),
    directories: [
      ...rootFolders,
      { path: paths.etcdConfig },
      ...services.map(({ user, folder }) => ({
        path: folder,
        owner: "root",
        group: user,
        mode: "0750",
      })),
    ],
  };
}
