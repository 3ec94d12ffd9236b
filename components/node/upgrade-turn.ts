import { paths } from "../plan/paths";
import { shellCommand } from "../plan/quote";
import { startLimitSeconds } from "../plan/start-limit";
import { whenWhole } from "../plan/whole-script";

/** How many nodes change their minor version at once, and how long their pods have to move. */
export interface UpgradeSettings {
  /** Nodes that are away at once. At least 1. */
  readonly maxUnavailable: number;
  /** Seconds in which a node's pods must have moved to others, as their disruption budgets allow. */
  readonly drainTimeoutSeconds: number;
}

/** What a turn is about. */
export interface UpgradeTurnOptions extends UpgradeSettings {
  readonly node: string;
  /** Version that the node shall have, as `1.35.4`. */
  readonly version: string;
}

/** Seconds until a node that waits for others counts as waiting in vain: a node takes about a minute. */
const turnSeconds = 600;

/**
 * Marks the nodes whose turn it is, with what they were before: `schedulable` or `cordoned`. Kubelets can't set or remove a label of
 * this prefix (kubernetes.io, "Admission Control in Kubernetes", NodeRestriction).
 */
const mark = "node-restriction.kubernetes.io/redoubt-upgrade";

/** Where converge scripts say that the API server of this host was not given its new configuration (`refused` in safe-restart.sh). */
const refusal = `${paths.engineState}/safe/kube-apiserver.service/refused`;

const functions = `set -euo pipefail
ask() { kubectl --kubeconfig=${paths.superAdminKubeconfig} "$@"; }
die() { printf '%s\\n' "$*" >&2; exit 1; }
of_node() { ask get node "$1" --ignore-not-found --output="jsonpath={$2}"; }
kubelet_of() { of_node "$1" .status.nodeInfo.kubeletVersion; }
mark_of() { of_node "$1" '.metadata.labels.${mark.replaceAll(".", "\\.")}'; }
give_back() {
  local was
  was=$(mark_of "$1")
  [ -n "$was" ] || return 0
  [ "$was" = cordoned ] || ask uncordon "$1"
  ask label node "$1" ${mark}-
}
`;

/**
 * The script that readies a node for another minor version of its kubelet, run on a control plane host before the node changes: a
 * kubelet must not change its minor under running pods (kubernetes.io/releases/version-skew-policy). It waits until the API server has
 * the version and the node's turn has come, cordons the node and moves its pods. What fails leaves the node as it was. A node that has
 * the minor already, or is not there yet, is let pass.
 */
export function renderTakeTurn(options: UpgradeTurnOptions): string {
  const { node, version, maxUnavailable, drainTimeoutSeconds } = options;
  const serves = 60 + 2 * startLimitSeconds;
  const call = ["take_turn", node, version, String(maxUnavailable), String(drainTimeoutSeconds)];
  return `${functions}minor() { local plain=\${1#v}; printf '%s\\n' "\${plain%.*}"; }
serves() {
  local answer begin=$EPOCHSECONDS deadline=$((SECONDS + ${serves}))
  until answer=$(ask get --raw /version --request-timeout=5s 2>&1) && [[ $answer == *'"gitVersion": "v'"$1"'"'* ]]; do
    ! (($(stat --format=%Y ${refusal} 2>/dev/null || echo 0) >= begin)) || die "the API server does not come to $1: $(<${refusal})"
    ((SECONDS < deadline)) || die "the API server does not serve $1 after ${serves} s: $answer"
    sleep 1
  done
}
wait_for_place() {
  local others deadline=$((SECONDS + ${turnSeconds}))
  until others=$(ask get nodes --selector=${mark} --field-selector="metadata.name!=$1" --output='jsonpath={.items[*].metadata.name}') &&
    (($(wc --words <<<"$others") < $2)); do
    ((SECONDS < deadline)) || die "$1 did not get its turn in ${turnSeconds} s, because these nodes were not done: $others. Fix: see what keeps them, then run up again"
    sleep 1
  done
}
take_turn() {
  local now was=schedulable
  serves "$2"
  now=$(kubelet_of "$1")
  if [ -z "$now" ] || [ "$(minor "$now")" = "$(minor "$2")" ]; then
    give_back "$1"
    return 0
  fi
  if [ -z "$(mark_of "$1")" ]; then
    wait_for_place "$1" "$3"
    [ "$(of_node "$1" .spec.unschedulable)" != true ] || was=cordoned
    ask label node "$1" "${mark}=$was"
  fi
  if ! ask drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout="$4s"; then
    give_back "$1"
    die "$1 was not drained in $4 s and stays at $now. Fix: look at the PodDisruptionBudgets of the pods named above, delete pods that nobody would make again, or raise kubernetes.upgrade.drainTimeoutSeconds; then run up again"
  fi
}
${whenWhole(`${shellCommand(call)}\n`)}`;
}

/**
 * The script that gives a node back what its turn took from it, run on a control plane host when the node is Ready with its new
 * version: pods may be placed there again, unless somebody had cordoned it before.
 */
export function renderReturnTurn({ node, version }: Pick<UpgradeTurnOptions, "node" | "version">): string {
  return `${functions}return_turn() {
  local now deadline=$((SECONDS + 60))
  [ -n "$(mark_of "$1")" ] || return 0
  until now=$(kubelet_of "$1") && [ "$now" = "v$2" ]; do
    ((SECONDS < deadline)) || die "the kubelet of $1 says that it is $now and not v$2"
    sleep 1
  done
  give_back "$1"
}
${whenWhole(`${shellCommand(["return_turn", node, version])}\n`)}`;
}
