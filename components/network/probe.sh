#!/usr/bin/env bash
# Opens real connections between short-lived pods, and between them and hosts. A rendered list of pods and checks follows and calls these functions; the
# script runs as root on a control plane host. Only the result goes to stdout.
set -euo pipefail
umask 077

readonly probe_label=redoubt.io/probe
# Stands for this host among the clients; no pod can have this name.
readonly here=@host
# Clients that try at a time: each is a kubectl and a stream through this host's API server.
readonly clients_at_once=16
run_id=probe-$$-$RANDOM
manifests=''
owners=()
kept=()
clients=()
descriptions=()
declare -A pod_namespace=() pod_node=() pod_address=() client_checks=()
deployment='' deployment_namespace='' rolling_out='' silence_counts=''
work=$(mktemp --directory)

kube() { /usr/local/bin/kubectl --kubeconfig=/etc/kubernetes/super-admin.conf --request-timeout=20s "$@"; }

# The API server checks what comes; asking it for its schema first would only cost time.
apply_objects() { kube apply --server-side --validate=false --field-manager=redoubt-probe --filename -; }

say() { printf '%s\n' "$*" >&2; }

# The pods belong to these ConfigMaps, so nobody else adopts them and they go with them; those of a run that was cut off too.
cleanup() {
  kube delete pod,configmap --all-namespaces --selector "$probe_label" --grace-period=0 --force --wait=false --ignore-not-found >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

# keep NAMESPACE NAME: a policy of a rule that is there
keep() { kept+=("$1/$2"); }

# withdraw_left LABEL NAMESPACE…: policies of rules that are no more. The engine deletes what left the program at its very end only,
# which would never come: until then they open what is found to be denied no longer.
withdraw_left() {
  local label=$1 found policy
  shift
  found=$(kube get networkpolicies --all-namespaces --selector "$label" --output 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}')
  for policy in $found; do
    # A namespace that leaves keeps its own until its pods have stopped.
    if [[ " ${kept[*]} " == *" $policy "* ]] || [[ " $* " != *" ${policy%%/*} "* ]]; then continue; fi
    kube delete networkpolicy "${policy#*/}" --namespace "${policy%%/*}" --ignore-not-found >&2
  done
}

# owner NAMESPACE
owner() { owners+=("$1"); }

# pod ID NAMESPACE NODE IMAGE LABELS-JSON COMMAND-JSON [PORT]: a server counts as started when its own kubelet could connect to
# it, because a refusal by a pod that does not listen would prove nothing
pod() {
  local id=$1 namespace=$2 node=$3 image=$4 labels=$5 command=$6 startup=''
  [ -z "${7:-}" ] || startup="\"startupProbe\":{\"tcpSocket\":{\"port\":$7},\"periodSeconds\":1,\"failureThreshold\":300},"
  pod_namespace[$id]=$namespace
  pod_node[$id]=$node
  # Its readiness gate is never met: whatever labels it carries, no Service sends it anybody's traffic. It asks for nothing of its node,
  # where a request left out would be the limit: all stand on two nodes, and the kubelet of a full one would refuse them.
  manifests+=$(printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s-%s","namespace":"%s","labels":%s,"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"%s","uid":"@UID:%s@","controller":true}]},"spec":{"nodeName":"%s","restartPolicy":"Never","activeDeadlineSeconds":1500,"terminationGracePeriodSeconds":0,"automountServiceAccountToken":false,"readinessGates":[{"conditionType":"redoubt.io/never"}],"tolerations":[{"operator":"Exists"}],"securityContext":{"runAsNonRoot":true,"runAsUser":65534,"runAsGroup":65534,"sysctls":[{"name":"net.ipv4.ip_unprivileged_port_start","value":"0"}],"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"probe","image":"%s","imagePullPolicy":"IfNotPresent","command":%s,%s"resources":{"requests":{"cpu":"0","memory":"0"},"limits":{"cpu":"100m","memory":"32Mi"}},"securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}}]}}' \
    "$run_id" "$id" "$namespace" "${labels/@RUN@/$run_id}" "$run_id" "$namespace" "$node" "$image" "$command" "$startup")$'\n'
}

# expect CLIENT DESCRIPTION LINE: a line for the client's program (toolchain/build/probe); no client is this host
expect() {
  local client=${1:-$here}
  [ -n "${client_checks[$client]:-}" ] || clients+=("$client")
  client_checks[$client]+="${#descriptions[@]} $3"$'\n'
  descriptions+=("$2")
}

# check CLIENT tcp|udp ADDRESS PORT open|closed DESCRIPTION
check() { expect "$1" "$6" "$2 $3:$4 $5"; }

# dns CLIENT NAME SERVER DESCRIPTION
dns() { expect "$1" "$4" "dns $2 $3:53"; }

create_pods() {
  local namespace uid deadline=$((SECONDS + $1)) document=$manifests owner_manifests=''
  for namespace in "${owners[@]}"; do
    owner_manifests+="{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"$run_id\",\"namespace\":\"$namespace\",\"labels\":{\"$probe_label\":\"$run_id\"}}}"$'\n'
  done
  until apply_objects <<<"$owner_manifests" >/dev/null 2>"$work/error"; do
    ((SECONDS < deadline)) || { say "the probe's namespaces are not ready: $(<"$work/error")"; exit 1; }
    sleep 0.2
  done
  while read -r namespace uid; do document=${document//@UID:$namespace@/$uid}; done \
    < <(kube get configmap --all-namespaces --selector "$probe_label=$run_id" --output 'jsonpath={range .items[*]}{.metadata.namespace} {.metadata.uid}{"\n"}{end}')
  # A new namespace has its service account a moment later.
  until apply_objects <<<"$document" >/dev/null 2>"$work/error"; do
    ((SECONDS < deadline)) || { say "probe pods were not admitted: $(<"$work/error")"; exit 1; }
    sleep 0.2
  done
}

# rollout NAMESPACE DEPLOYMENT IMAGE SECONDS: begins to wait for it; the image stands here so that another one makes the probe run again
rollout() {
  deployment_namespace=$1
  deployment="deployment $1/$2 with image $3"
  kube rollout status --namespace "$1" "deployment/$2" --timeout "$4s" --request-timeout=0 >/dev/null 2>"$work/rollout" &
  rolling_out=$!
}

rolled_out() {
  wait "$rolling_out" && return 0
  say "$deployment did not become ready: $(<"$work/rollout")"
  kube get pods --namespace "$deployment_namespace" --output wide >&2 || true
  exit 1
}

microseconds() { echo "${EPOCHREALTIME/[.,]/}"; }

# silence_left: microseconds until silence counts as a refusal
silence_left() {
  local left=$((silence_counts - $(microseconds)))
  echo $((left > 0 ? left : 0))
}

wait_for_pods() {
  local deadline=$((SECONDS + $1)) id address started missing
  while :; do
    missing=''
    while read -r id started address; do
      id=${id#"$run_id-"}
      if [ "$started" = true ] && [ -n "$address" ]; then pod_address[$id]=$address; fi
    done < <(kube get pods --all-namespaces --selector "$probe_label=$run_id" --output 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].started} {.status.podIP}{"\n"}{end}')
    for id in "${!pod_namespace[@]}"; do [ -n "${pod_address[$id]:-}" ] || missing+=" $id (${pod_namespace[$id]}, on ${pod_node[$id]})"; done
    if [ -z "$missing" ]; then
      # A pod is dropped without a word until the policy engine of its node knows it, whatever policies say.
      silence_counts=$(($(microseconds) + 3000000))
      return 0
    fi
    if ((SECONDS >= deadline)); then
      say "probe pods did not start:$missing"
      kube get events --all-namespaces --field-selector type=Warning --sort-by .lastTimestamp 2>/dev/null | tail -n 5 >&2 || true
      exit 1
    fi
    sleep 0.2
  done
}

# echoes ADDRESS PORT: whether what is sent by UDP comes back; 1 when somebody said no, 2 when nobody said anything. dd takes a datagram
# whole, where read would take one byte of it.
echoes() {
  local try answer code
  exec 3<>"/dev/udp/$1/$2"
  for try in {1..5}; do
    printf '%s %s' "$run_id" "$try" >&3
    code=0
    answer=$(timeout 0.4 dd bs=512 count=1 <&3) || code=$?
    [ "$answer" != "$run_id $try" ] || return 0
    # By ICMP, of which a host sends few to one address (icmp(7), icmp_ratelimit): none is left to ask for in vain.
    ((code != 1)) || return 1
  done
  return 2
}

# connects tcp|udp ADDRESS PORT, from this host, as the program does it in pods: 1 when it was refused; silence is any other failure, as
# timeout(1) says it
connects() {
  # shellcheck disable=SC2016 # The inner shell expands its own arguments; timeout(1) can end it, where a redirection here waits minutes.
  case $1 in
    tcp) timeout 2 bash -c ': <"/dev/tcp/$0/$1"' "$2" "$3" ;;
    udp) (echoes "$2" "$3") ;;
  esac 2>/dev/null
}

# settle_open INDEX tcp|udp ADDRESS:PORT DEADLINE: tries until it is open, or SECONDS says that time is up
settle_open() {
  until connects "$2" "${3%:*}" "${3##*:}"; do
    ((SECONDS < $4)) || { echo "$1 fail closed"; return; }
    sleep 0.2
  done
  echo "$1 pass open"
}

# settle_closed INDEX tcp|udp ADDRESS:PORT DEADLINE: tries until it is refused, or nothing comes of a try that began when silence counts
settle_closed() {
  local left code
  while :; do
    left=$(silence_left) code=0
    connects "$2" "${3%:*}" "${3##*:}" || code=$?
    if ((code == 1)) || ((code > 1 && left == 0)); then echo "$1 pass closed"; return; fi
    if ((code == 0 && SECONDS >= $4)); then echo "$1 fail open"; return; fi
    left=$(silence_left)
    if ((code > 1 && left > 0)); then sleep "$((left / 1000000)).$(printf '%06d' $((left % 1000000)))"; else sleep 0.2; fi
  done
}

# check_here SECONDS: this host's own checks, side by side. As in the program, what is to be closed is tried when all the rest is as expected.
check_here() {
  local index protocol target expected deadline=$((SECONDS + $1)) closed=()
  while read -r index protocol target expected; do
    if [ "$expected" = closed ]; then closed+=("$index" "$protocol" "$target"); else settle_open "$index" "$protocol" "$target" "$deadline" & fi
  done
  wait
  set -- "${closed[@]}"
  while (($#)); do
    settle_closed "$1" "$2" "$3" "$deadline" &
    shift 3
  done
  wait
}

# try_clients SECONDS CLIENT…: begins
try_clients() {
  local seconds=$1 client id lines running
  shift
  for client; do
    while mapfile -t running < <(jobs -rp) && ((${#running[@]} >= clients_at_once)); do wait -n || true; done
    lines=${client_checks[$client]}
    for id in "${!pod_address[@]}"; do lines=${lines//@ADDRESS:$id@/${pod_address[$id]}}; done
    if [ "$client" = "$here" ]; then
      check_here "$seconds" <<<"${lines%$'\n'}" >"$work/$client.result" 2>"$work/$client.error" &
    else
      kube exec --request-timeout=0 --stdin --namespace "${pod_namespace[$client]}" "$run_id-$client" -- /bin/probe check "$seconds" "$(($(silence_left) / 1000))" \
        <<<"${lines%$'\n'}" >"$work/$client.result" 2>"$work/$client.error" &
    fi
  done
}

# Who asks for no name tries while DNS still rolls out. The others would be refused by ICMP, of which a host sends few to one address
# (icmp(7), icmp_ratelimit): the refusals that count would then come late.
run_checks() {
  local client first=() last=()
  for client in "${clients[@]}"; do
    if [[ ${client_checks[$client]} == *' dns '* ]]; then last+=("$client"); else first+=("$client"); fi
  done
  try_clients "$1" "${first[@]}"
  rolled_out
  try_clients "$1" "${last[@]}"
  wait
}

verdict() {
  local index outcome seen passed=0 failed=0
  local -A results=()
  while read -r index outcome seen; do results[$index]="$outcome $seen"; done < <(cat "$work"/*.result)
  for index in "${!descriptions[@]}"; do
    outcome=${results[$index]:-fail unknown}
    if [ "${outcome%% *}" = pass ]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      say "${descriptions[$index]}, but it was ${outcome#* }"
    fi
  done
  if ((failed)); then
    cat "$work"/*.error >&2
    say "connectivity probe: $failed of $((passed + failed)) flows are not as declared"
    exit 1
  fi
  printf '{"flows":%s}\n' "$passed"
}
