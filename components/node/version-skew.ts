import { minorVersion } from "../plan/minor-version";
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
  /** Name of the node that must be cordoned before its kubelet changes its minor. Default: it need not be. */
  readonly drainedAs?: string | undefined;
}

/**
 * Keeps a node from getting ahead of the control plane: a kubelet must not be newer than any API server, nor kube-proxy
 * (kubernetes.io/releases/version-skew-policy). Plans of nodes and of control planes start together, so a node that runs another
 * version waits until every API server has the new one. A host without a kubelet, or with that version, waits for nobody.
 */
export function versionSkew({ controlPlanes, version, drainedAs }: VersionSkewOptions): PlanFragment {
  const kubelet = binaryPath("kubelet");
  const minor = minorVersion(version);
  const servers = shellCommand(controlPlanes.map((address) => `https://${address}:${apiServerPort}`));
  const ask = `${binaryPath("kubectl")} --kubeconfig=${paths.kubeletKubeconfig} --request-timeout=5s --server="$server" get --raw /version`;
  const script = `[ -x ${kubelet} ] || exit 0
[ "$(${kubelet} --version)" != "Kubernetes v${version}" ] || exit 0
for server in ${servers}; do
  answer=$(${ask}) || { echo "$server does not answer"; exit 1; }
  [[ $answer == *'"gitVersion": "v${version}"'* ]] || { echo "$server still runs another version"; exit 1; }
done`;
  const cordoned = `${binaryPath("kubectl")} --kubeconfig=${paths.kubeletKubeconfig} --request-timeout=5s get node "$1" --ignore-not-found --output='jsonpath={.metadata.name}={.spec.unschedulable}'`;
  const drained = `[ -x ${kubelet} ] || exit 0
[[ "$(${kubelet} --version)" != 'Kubernetes v${minor}.'* ]] || exit 0
answer=$(${cordoned}) || { echo 'the API server does not answer'; exit 1; }
[ -z "$answer" ] || [ "$answer" = "$1=true" ] || { echo "it takes pods. Fix: kubectl drain $1 --ignore-daemonsets --delete-emptydir-data, run up again, kubectl uncordon $1"; exit 1; }`;
  return {
    preconditions: [
      {
        description: `every API server runs ${version} before this node does`,
        command: ["bash", "-c", script],
        // An API server is tried and restarted before it counts, each within the limit of a start.
        timeoutSeconds: 60 + 2 * startLimitSeconds,
      },
      // Its turn has seen to it (upgrade-turn.ts), unless somebody uncordoned it since, or the turn was left out (--target).
      ...(drainedAs === undefined
        ? []
        : [
            {
              description: `${drainedAs} is drained before its kubelet comes to ${minor}`,
              command: ["bash", "-c", drained, "drained", drainedAs],
              timeoutSeconds: 10,
            },
          ]),
    ],
  };
}
