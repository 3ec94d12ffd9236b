import path from "node:path";
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

/** Is there where a member has data: etcd makes it in one stroke (wal.Create), and begins anew where it is missing. */
export const memberData = `${paths.etcdData}/member/wal`;

/**
 * The leave to start without data; the join alone gives it, and a start takes it away. It does not outlive a reboot: by then another
 * may have begun a cluster, so the others are asked again.
 */
export const beginPermit = "/run/redoubt/etcd-may-begin";

/** Says that etcd had data on this host once: no cluster is born there again. Not beside the data, whose disk may be the one that is gone. */
export const beganRecord = `${paths.engineState}/etcd-began`;

/** Flags of etcdctl as root's client on a control plane. */
export const rootClient = [
  `--cacert=${paths.etcdPki}/ca.crt`,
  `--cert=${paths.pki}/etcd-healthcheck-client.crt`,
  `--key=${paths.pki}/etcd-healthcheck-client.key`,
].join(" ");

/** Where peers reach a member. */
export function peerUrl({ address }: EtcdPeer): string {
  return `https://${address}:2380`;
}

/**
 * Asks members as root's client. `member list` prints `ID, STATUS, NAME, PEER-URLS, CLIENT-URLS, IS-LEARNER`, `endpoint status` the
 * endpoint, the member's own ID and more (etcd.io/docs/v3.6/op-guide/runtime-configuration). etcdctl tries a closed port until its time
 * is over, so the port is tried first.
 */
const ask = `set -euo pipefail
export LC_ALL=C
fail() {
  printf '%s\\n' "$*" >&2
  exit 1
}
listens() { timeout 3 bash -c '</dev/tcp/"$1"/2379' probe "$1"; }
ask() {
  local address=$1
  shift
  etcdctl --endpoints="https://$address:2379" ${rootClient} \\
    --dial-timeout=2s --command-timeout=10s "$@"
}
# Of a member that answers with a majority behind it.
list_of() { listens "$1" 2>/dev/null && ask "$1" --command-timeout=5s member list; }
taken_out() { journalctl --unit=etcd.service --since="$1" --output=cat | grep 'permanently removed from the cluster' >/dev/null; }
# An etcd that was taken out says that it is ready, and ends: only who keeps running is a member.
runs() {
  local began now
  while systemctl is-active --quiet etcd.service; do
    began=$(systemctl show --property=ActiveEnterTimestampMonotonic --value etcd.service)
    read -r now _ </proc/uptime
    ((\${now%.*} < began / 1000000 + 5)) || return 0
    sleep 0.5
  done
  return 1
}`;

/**
 * needless PEER-URL ADDRESS-OF-ANOTHER…: whether nothing is to be done before etcd runs. Changes nothing. Who runs is a member; of who
 * does not, the others may know that it is none any more.
 */
const needless = `${ask}
url=$1
shift
[ -e ${memberData} ] || fail 'there is no ${memberData}'
if runs; then exit 0; fi
if taken_out -1min; then fail 'etcd says that this member was taken out of its cluster'; fi
stranger=''
for address in "$@"; do
  if ! list=$(list_of "$address"); then continue; fi
  if [[ $list == *", $url,"* ]]; then exit 0; fi
  stranger=$address
done
[ -z "$stranger" ] || fail "the etcd of $stranger knows no member $url"`;

/**
 * join NAME PEER-URL ADDRESS-OF-ANOTHER…
 *
 * A cluster is born only where every other host says that no etcd runs on it, and this one never had any: a host that does not answer
 * could be one of a cluster that lives, and a second one beside it would be empty; so would be one in the place of data that are gone.
 *
 * Data are moved aside only when etcd itself says that their member was taken out (which a member of the cluster told it, for good)
 * and others serve: a list that lacks it could as well be that of a cluster that was begun by mistake.
 */
const join = `${ask}
name=$1 url=$2
shift 2
rm -f ${beginPermit}
cluster=''
for address in "$@"; do
  if list=$(list_of "$address"); then cluster=$address; break; fi
done
# Members must have seen each other for five seconds before one may come or go (--strict-reconfig-check).
patiently() {
  local deadline=$((SECONDS + 60))
  until answer=$(ask "$cluster" "$@" 2>&1); do
    ((SECONDS < deadline)) || fail "the etcd of $cluster refuses: $*: \${answer##*$'\\n'}"
    sleep 0.5
  done
}
set_aside() {
  [ -e ${paths.etcdData}/member ] || return 0
  local aside
  aside=${paths.etcdData}/member.removed-$(date --utc +%Y%m%dT%H%M%SZ)
  mv --no-target-directory ${paths.etcdData}/member "$aside"
  chown --recursive root:root "$aside"
  chmod 0700 "$aside"
  printf 'what this host had of etcd is no longer part of the cluster; it was moved to %s, which may be removed\\n' "$aside" >&2
}
if [ -e ${memberData} ]; then
  # Without another to join there is nothing to be gained.
  [ -n "$cluster" ] || exit 0
  systemctl daemon-reload
  since=@$(date +%s)
  systemctl restart --no-block etcd.service
  deadline=$((SECONDS + 30))
  until taken_out "$since"; do
    if runs; then exit 0; fi
    ((SECONDS < deadline)) || fail "the etcd of $cluster serves, and does not know the member whose data are in ${paths.etcdData}/member; nor was it told that it was taken out, so they may be of another cluster, and nothing was changed. Fix: when they are not needed, stop etcd here, move ${paths.etcdData}/member away, then run up with --repair"
    sleep 0.3
  done
  systemctl stop etcd.service
  set_aside
fi
if [ -z "$cluster" ]; then
  for address in "$@"; do
    answer=$(listens "$address" 2>&1) && answer='its etcd runs, and has no majority or does not let us in'
    [[ $answer == *refused* ]] && continue
    fail "whether there is a cluster to join is not known: $address: \${answer:-no answer}. Fix: bring that host back, then run up again"
  done
  if systemctl is-active --quiet etcd.service; then
    fail 'etcd runs, but its data in ${paths.etcdData} are gone, and no other member has them: once it stops all is lost. Fix: save a snapshot now, before anything restarts it, and restore that (docs/etcd-backup.md)'
  fi
  if [ -e ${beganRecord} ]; then
    fail 'etcd ran on this host before, its data are gone (there is no ${memberData}), and no other member answers: a new cluster would be empty, and kubelets would stop every pod. Fix: mount the disk of ${paths.etcdData} if it has one of its own, start the other members if there are any, or restore a snapshot (docs/etcd-backup.md), then run up again; or, if all that the cluster held may be lost, remove ${beganRecord} on this host to begin anew'
  fi
  # Of a cluster that this host joined once and that is gone.
  rm -f ${joinEnvironment}
else
  # A member of this address that lost its data can't come back as itself (etcd.io, "Replace a failed machine"). etcd refuses where
  # that would cost the majority, so it is asked while this one may still run, from files that are deleted.
  while IFS=', ' read -r id _ _ peer _; do
    if [ "$peer" = "$url" ]; then patiently member remove "$id"; fi
  done <<<"$list"
  if systemctl cat etcd.service >/dev/null 2>&1; then systemctl stop etcd.service; fi
  set_aside
  patiently member add "$name" --learner --peer-urls="$url"
  mkdir --parents ${paths.engineState}
  : >${beganRecord}
  umask 022
  grep '^ETCD_INITIAL_CLUSTER' <<<"$answer" >${joinEnvironment}.new
  mv --no-target-directory ${joinEnvironment}.new ${joinEnvironment}
fi
umask 022
mkdir --parents ${path.dirname(beginPermit)}
: >${beginPermit}`;

/** How the scripts are told of a member and the others: PEER-URL ADDRESS-OF-ANOTHER… */
function addressing({ member, members }: MembershipOptions): string[] {
  const others = members.filter(({ address }) => address !== member.address);
  return [peerUrl(member), ...others.map(({ address }) => address)];
}

/**
 * Makes a host without data, or with those of a member that was taken out, a learner of the cluster that the others are, where they are
 * one; else a cluster is born here.
 */
export function joinStep(options: MembershipOptions): StepSpec {
  return {
    description: "etcd: finding the other members",
    unless: ["bash", "-c", needless, "needless", ...addressing(options)],
    command: ["bash", "-c", join, "join", options.member.name, ...addressing(options)],
  };
}

/** As etcd, before it starts: without data it would begin an empty cluster, or come back as a member that forgot what it promised. */
export const mayStart = `test -e ${memberData} || test -e ${beginPermit} || { echo 'there is no ${memberData}, and etcd begins nothing by itself. Fix: mount the disk of ${paths.etcdData} if it has one of its own; else, with other members, npm run up -- --repair, and without any, restore a snapshot (docs/etcd-backup.md)' >&2; exit 1; }`;

/** As root, when it serves: that it had data stays known, and it never starts without them again. */
export const hasStarted = `test -e ${beganRecord} || : >${beganRecord}; rm -f ${beginPermit}`;

/**
 * settle ADDRESS PEER-URL ADDRESS-OF-ANOTHER…: a learner gets its vote when it has caught up; who is no member any more leaves. A learner
 * itself answers nothing but for its health and its ID.
 *
 * Others are asked first: a member that began a cluster of its own would say that all is well. One of the others may be such a one too,
 * so all are asked until one knows this member.
 */
const settle = `${ask}
wanted=" $* " own=$1 url=$2
shift 2
status=$(ask "$own" endpoint status)
IFS=', ' read -r _ self _ <<<"$status"
list='' address='' stranger=''
for other in "$@"; do
  if ! answer=$(list_of "$other"); then continue; fi
  if grep --quiet "^$self, .*, $url, " <<<"$answer"; then
    list=$answer address=$other
    break
  fi
  stranger=$other
done
if [ -z "$list" ]; then
  [ -z "$stranger" ] || fail "the etcd of $stranger serves and does not know this member, $self at $url: one of the two is a cluster of its own. Fix: find out which has the data (etcdctl endpoint status); on the other one stop etcd, move ${paths.etcdData}/member away, then run up with --repair"
  address=$own
  list=$(ask "$own" member list)
fi
dead=() living=()
while IFS=', ' read -r id _ _ peer _ learner; do
  if [ "$peer" = "$url" ] && [ "$learner" = true ]; then ask "$address" member promote "$id"; fi
  host=\${peer#https://} host=\${host%:2380}
  if [[ $wanted == *" $host "* ]]; then continue; fi
  if listens "$host" 2>/dev/null; then living+=("$id"); else dead+=("$id"); fi
done <<<"$list"
# etcd lets no living one go while too few of the rest live; a dead one may always go, and leaves more of those.
left=''
for id in "\${dead[@]}" "\${living[@]}"; do
  ask "$address" member remove "$id" || left+=" $id"
done
[ -z "$left" ] || fail "etcd does not let members go that are none any more:$left"
# Its last line would only say that the cluster is not healthy.
if ! said=$(ask "$own" endpoint health 2>&1); then
  case $said in
    *'Active Alarm(s): '*NOSPACE*) fail 'etcd is full (alarm NOSPACE): it answers, and writes nothing. Fix: docs/etcd-backup.md, "etcd is full"' ;;
    *'Active Alarm(s): '*CORRUPT*) fail 'what members of etcd have differs (alarm CORRUPT). Fix: docs/etcd-backup.md, "etcd says CORRUPT"' ;;
    *) fail "\${said%$'\\n'Error: *}" ;;
  esac
fi`;

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
