import { binaryPath, paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { apiServerPort } from "../plan/ports";
import { shellCommand } from "../plan/quote";
import { startLimitSeconds } from "../plan/start-limit";

/** What a change of a node's version depends on. */
export interface VersionSkewOptions {
  /** IPv4 addresses of the control planes. */
  readonly controlPlanes: readonly string[];
  /** Version that the node shall have, as `1.35.4`. */
  readonly version: string;
}

/**
 * Keeps a node from getting ahead of the control plane: a kubelet must not be newer than any API server, nor kube-proxy
 * (kubernetes.io/releases/version-skew-policy). Plans of nodes and of control planes start together, so a node that runs another
 * version waits until every API server has the new one. A host without a kubelet, or with that version, waits for nobody.
 */
export function versionSkew({ controlPlanes, version }: VersionSkewOptions): PlanFragment {
  const kubelet = binaryPath("kubelet");
  const servers = shellCommand(controlPlanes.map((address) => `https://${address}:${apiServerPort}`));
  const ask = `${binaryPath("kubectl")} --kubeconfig=${paths.kubeletKubeconfig} --request-timeout=5s --server="$server" get --raw /version`;
  const script = `[ -x ${kubelet} ] || exit 0
[ "$(${kubelet} --version)" != "Kubernetes v${version}" ] || exit 0
for server in ${servers}; do
  answer=$(${ask}) || { echo "$server does not answer"; exit 1; }
  [[ $answer == *'"gitVersion": "v${version}"'* ]] || { echo "$server still runs another version"; exit 1; }
done`;
  return {
    preconditions: [
      {
        description: `every API server runs ${version} before this node does`,
        command: ["bash", "-c", script],
        // An API server is tried and restarted before it counts, each within the limit of a start.
        timeoutSeconds: 60 + 2 * startLimitSeconds,
      },
    ],
  };
}
