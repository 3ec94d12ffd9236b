import type { Impact } from "./impact";

/** Units whose restart is a restart of the control plane; what they are to the cluster, for the reason. */
const controlPlaneUnits: Readonly<Record<string, string>> = {
  "kube-apiserver.service": "its API does not answer for some seconds",
  "kube-controller-manager.service": "controllers pause until one leads again",
  "kube-scheduler.service": "new pods wait until it schedules again",
  "etcd.service":
    "its member leaves and joins again; without a majority of the others the API stands still for that time",
};

/** What a restart of a node's unit means; any other unit is named only. */
const nodeUnits: Readonly<Record<string, string>> = {
  "kubelet.service": "pods keep running",
  "containerd.service": "containers keep running, new ones wait",
  "kube-proxy.service": "rules of services stay, changes of services wait",
  "kube-router.service": "policies in force stay, changes of policies wait",
  "ssh.service": "sessions stay open",
  "metrics-server.service":
    "kubectl top has no figures for half a minute, and autoscalers leave replicas as they are",
  "auditd.service": "events are not written for that moment",
};

/** Whether the unit is part of the control plane. */
export function isControlPlaneUnit(unit: string): boolean {
  return unit in controlPlaneUnits;
}

/** A unit is restarted. */
export function restartImpact(unit: string): Impact {
  const controlPlane = controlPlaneUnits[unit];
  if (controlPlane !== undefined) {
    return { class: "restart-control-plane", reason: `${unit} restarts: ${controlPlane}` };
  }
  const node = nodeUnits[unit];
  return { class: "restart-kubelet", reason: `${unit} restarts${node === undefined ? "" : `: ${node}`}` };
}

/** A unit is told to read its files again (systemctl reload). */
export function reloadImpact(unit: string): Impact {
  return { class: "reload", reason: `${unit} is reloaded and keeps running` };
}
