import { binaryPath, paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { startLimitSeconds } from "../plan/start-limit";

/** Label and taint of nodes that run the control plane (kubernetes.io/docs/reference/labels-annotations-taints). */
export const controlPlaneRole = "node-role.kubernetes.io/control-plane";

/**
 * Makes a control plane's node bear its role, by which people and workloads tell it apart. A kubelet may not do that for itself
 * (NodeRestriction), or a node that was broken into could draw workloads; so the host does, as root, with the credential that lies
 * on control planes only.
 */
export function controlPlaneNodeRole(nodeName: string): PlanFragment {
  const kubectl = `${binaryPath("kubectl")} --kubeconfig=${paths.superAdminKubeconfig} --request-timeout=5s`;
  return {
    readiness: [
      {
        description: `node ${nodeName} bears the role of a control plane`,
        command: [
          "bash",
          "-c",
          `${kubectl} label --overwrite node ${nodeName} ${controlPlaneRole}= >/dev/null`,
        ],
        timeoutSeconds: startLimitSeconds,
      },
    ],
  };
}
