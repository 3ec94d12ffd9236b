import { binaryPath, paths } from "../plan/paths";
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

/** What converge scripts know of the API server of this host (safe-restart.sh). */
const safeState = `${paths.engineState}/safe/kube-apiserver.service`;

/** Where they say that the API server of this host was not given its new configuration (`refused` in safe-restart.sh). */
const refusal = `${safeState}/refused`;

/** An answer is taken apart from its test everywhere: an API server that does not answer is an error, and not "no". */
const functions = `set -euo pipefail
ask() { kubectl --kubeconfig=${paths.superAdminKubeconfig} "$@"; }
die() { printf '%s\\n' "$*" >&2; exit 1; }
of_node() { ask get node "$1" --ignore-not-found --output="jsonpath={$2}"; }
kubelet_of() { of_node "$1" .status.nodeInfo.kubeletVersion; }
mark_of() { of_node "$1" '.metadata.labels.${mark.replaceAll(".", "\\.")}'; }
# One at a time: a script of a run that was cut off may still be at it.
exclusively() { exec 9>"/run/redoubt-turn-$1" && flock 9; }
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
  const program = binaryPath("kube-apiserver");
  const accepted = `${safeState}/good/files${program}`;
  const serves = 60 + 2 * startLimitSeconds;
  const call = ["take_turn", node, version, String(maxUnavailable), String(drainTimeoutSeconds)];
  return `${functions}minor() { local plain=\${1#v}; printf '%s\\n' "\${plain%.*}"; }
# Says now and then what it waits for: where nobody listens any more, as after an up that was killed, that ends it.
still() { ((SECONDS % 10)) || printf '%s\\n' "$1" >&2; sleep 1; }
# The program that was found to work, and not one that is still tried.
is_accepted() { [ ${program} -ef ${accepted} ] || cmp --silent ${program} ${accepted}; }
serves() {
  local answer begin=$EPOCHSECONDS deadline=$((SECONDS + ${serves}))
  until answer=$(ask get --raw /version --request-timeout=5s 2>&1) && [[ $answer == *'"gitVersion": "v'"$1"'"'* ]] && is_accepted; do
    ! (($(stat --format=%Y ${refusal} 2>/dev/null || echo 0) >= begin)) || die "the API server does not come to $1: $(<${refusal})"
    ((SECONDS < deadline)) || die "the API server does not serve $1 after ${serves} s: $answer"
    still "waiting for the API server to serve $1"
  done
}
wait_for_place() {
  local others deadline=$((SECONDS + ${turnSeconds}))
  until others=$(ask get nodes --selector=${mark} --field-selector="metadata.name!=$1" --output='jsonpath={.items[*].metadata.name}') &&
    (($(wc --words <<<"$others") < $2)); do
    ((SECONDS < deadline)) || die "$1 did not get its turn in ${turnSeconds} s, because these nodes were not done: $others. Fix: see what keeps them; of one that is gone for good, kubectl delete node NAME; then run up again"
    still "waiting for its turn after $others"
  done
}
take_turn() {
  local now held cordoned was=schedulable ready
  exclusively "$1"
  serves "$2"
  now=$(kubelet_of "$1")
  if [ -z "$now" ] || [ "$(minor "$now")" = "$(minor "$2")" ]; then
    give_back "$1"
    return 0
  fi
  held=$(mark_of "$1")
  if [ -z "$held" ]; then
    wait_for_place "$1" "$3"
    cordoned=$(of_node "$1" .spec.unschedulable)
    [ "$cordoned" != true ] || was=cordoned
    ask label node "$1" "${mark}=$was"
  fi
  ready=$(of_node "$1" '.status.conditions[?(@.type=="Ready")].status')
  if [ "$ready" = Unknown ]; then
    # Its kubelet is gone, and its pods with it or out of reach: an eviction would wait for it for ever.
    ask cordon "$1"
  elif ! ask drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout="$4s"; then
    give_back "$1"
    die "$1 could not be drained within $4 s and stays at $now. Fix: look at the PodDisruptionBudgets of the pods named above, delete pods that nobody would make again, or raise kubernetes.upgrade.drainTimeoutSeconds; of a node that is gone for good, kubectl delete node $1; then run up again"
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
  local now held deadline=$((SECONDS + 60))
  exclusively "$1"
  held=$(mark_of "$1")
  [ -n "$held" ] || return 0
  until now=$(kubelet_of "$1") && [ "$now" = "v$2" ]; do
    ((SECONDS < deadline)) || die "the kubelet of $1 says that it is $now and not v$2"
    sleep 1
  done
  give_back "$1"
}
${whenWhole(`${shellCommand(["return_turn", node, version])}\n`)}`;
}
