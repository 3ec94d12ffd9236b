import { paths } from "../plan/paths";
import { shellCommand } from "../plan/quote";
import { whenWhole } from "../plan/whole-script";

/**
 * The script that keeps a node that was let go from coming back, run on its own host. Its kubelet's certificate is good, and renews
 * itself: started again it would make its Node again (kubernetes.io, "Nodes", self-registration). What the host filters stays.
 */
export function renderRetire(): string {
  return `set -euo pipefail
${whenWhole("systemctl disable --now --quiet kubelet.service kube-proxy.service kube-router.service\n")}`;
}

/**
 * The script that lets a node go, run on a control plane host. Pods move to other nodes first, as their disruption budgets allow; after
 * two minutes those that are left stop with the host, because it goes anyway (kubernetes.io, "Safely Drain a Node").
 */
export function renderLeave(node: string): string {
  return `set -euo pipefail
ask() { kubectl --kubeconfig=${paths.superAdminKubeconfig} "$@"; }
leave() {
  local found
  # Apart from its test: an API server that does not answer is an error, not an answer.
  found=$(ask get node "$1" --ignore-not-found --output=name)
  [ -n "$found" ] || return 0
  ask drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout=120s ||
    printf '%s: some pods could not be moved in time, and stop with it\\n' "$1" >&2
  ask delete node "$1" --ignore-not-found
}
${whenWhole(`${shellCommand(["leave", node])}\n`)}`;
}
