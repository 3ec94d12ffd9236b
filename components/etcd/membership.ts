import { paths } from "../plan/paths";
import type { ReadinessSpec, StepSpec } from "../plan/plan";
import { startLimitSeconds } from "../plan/start-limit";

/** One member of the etcd cluster, as its peers see it. */
export interface EtcdPeer {
  readonly name: string;
  /** IPv4 address on which it serves clients (2379) and peers (2380). */
  readonly address: string;
}

/** Which member of which cluster a host is. */
export interface MembershipOptions {
  readonly member: EtcdPeer;
  /** All members that there shall be, this one included. */
  readonly members: readonly EtcdPeer[];
}

/** What a member that joins others is started with, beside its command line; written once, when it joins. */
export const joinEnvironment = `${paths.etcdConfig}/join.env`;

/** Where peers reach a member. */
export function peerUrl({ address }: EtcdPeer): string {
  return `https://${address}:2380`;
}

/**
 * Asks members as root's client. `member list` prints `ID, STATUS, NAME, PEER-URLS, CLIENT-URLS, IS-LEARNER`
 * (etcd.io/docs/v3.6/op-guide/runtime-configuration).
 */
const ask = `set -euo pipefail
export LC_ALL=C
ask() {
  local address=$1
  shift
  etcdctl --endpoints="https://$address:2379" --cacert=${paths.etcdPki}/ca.crt \\
    --cert=${paths.pki}/etcd-healthcheck-client.crt --key=${paths.pki}/etcd-healthcheck-client.key \\
    --dial-timeout=2s --command-timeout=10s "$@"
}`;

/**
 * join NAME PEER-URL ADDRESS-OF-ANOTHER…
 *
 * A cluster is born only where every other host says that no etcd runs on it: a host that does not answer could be one of a cluster
 * that lives, and a second one beside it would be empty.
 */
const join = `${ask}
name=$1 url=$2
shift 2
cluster=''
for address in "$@"; do
  if list=$(ask "$address" member list); then cluster=$address; break; fi
done
if [ -z "$cluster" ]; then
  for address in "$@"; do
    answer=$(timeout 3 bash -c '</dev/tcp/"$1"/2379' probe "$address" 2>&1) && answer='its etcd runs, and has no majority or does not let us in'
    [[ $answer == *refused* ]] && continue
    printf 'whether there is a cluster to join is not known: %s: %s. Fix: bring that host back, then run up again\\n' "$address" "\${answer:-no answer}" >&2
    exit 1
  done
  # Of a cluster that this host joined once and that is gone.
  rm -f ${joinEnvironment}
  exit 0
fi
# A member of this address that lost its data can't come back as itself (etcd.io, "Replace a failed machine").
while IFS=', ' read -r id _ _ peer _; do
  if [ "$peer" = "$url" ]; then ask "$cluster" member remove "$id"; fi
done <<<"$list"
# Members must have seen each other for five seconds before another may come (--strict-reconfig-check).
deadline=$((SECONDS + 60))
until answer=$(ask "$cluster" member add "$name" --learner --peer-urls="$url" 2>&1); do
  ((SECONDS < deadline)) || { printf '%s\\n' "$answer" >&2; exit 1; }
  sleep 0.5
done
umask 022
grep '^ETCD_INITIAL_CLUSTER' <<<"$answer" >${joinEnvironment}.new
mv --no-target-directory ${joinEnvironment}.new ${joinEnvironment}`;

/** How the scripts are told of a member and the others: PEER-URL ADDRESS-OF-ANOTHER… */
function addressing({ member, members }: MembershipOptions): string[] {
  const others = members.filter(({ address }) => address !== member.address);
  return [peerUrl(member), ...others.map(({ address }) => address)];
}

/** Makes a host without data a learner of the cluster that the others are, where they are one; else a cluster is born here. */
export function joinStep(options: MembershipOptions): StepSpec {
  return {
    description: "etcd: finding the other members",
    unless: ["test", "-e", `${paths.etcdData}/member`],
    command: ["bash", "-c", join, "join", options.member.name, ...addressing(options)],
  };
}

/**
 * settle ADDRESS PEER-URL ADDRESS-OF-ANOTHER…: a learner gets its vote when it has caught up; who is no member any more leaves. A learner
 * itself answers nothing but for its health.
 */
const settle = `${ask}
wanted=" $* " own=$1 url=$2
shift 2
for address in "$own" "$@"; do
  if list=$(ask "$address" member list); then break; fi
done
[ -n "$list" ]
while IFS=', ' read -r id _ _ peer _ learner; do
  if [ "$peer" = "$url" ] && [ "$learner" = true ]; then ask "$address" member promote "$id"; fi
  host=\${peer#https://}
  [[ $wanted == *" \${host%:2380} "* ]] || ask "$address" member remove "$id"
done <<<"$list"
ask "$own" endpoint health`;

/**
 * A member counts as applied when it votes and answers with a majority behind it, so that the next one may change. A member that the
 * configuration names no more is taken out, one at a time, before its host goes: etcd itself refuses where that would cost the majority.
 */
export function settled(options: MembershipOptions): ReadinessSpec {
  return {
    description: "etcd: this member votes, and the cluster answers",
    command: ["bash", "-c", settle, "settle", options.member.address, ...addressing(options)],
    timeoutSeconds: startLimitSeconds,
  };
}
