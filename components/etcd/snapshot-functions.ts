import { paths } from "../plan/paths";
import { rootClient } from "./membership";

/** Where root keeps what lies on a host for a moment: nobody else enters it, so nobody can put a link in the way. */
export const rootOnlyFolder = paths.engineState;

/**
 * Functions of scripts that save and restore what etcd holds. Each works in a folder that only root enters and that goes when the script
 * ends, however it ends, also when nobody listens to it any more.
 */
export const etcdFunctions = `set -euo pipefail
export LC_ALL=C
umask 077
refuse() {
  printf '%s\\n' "$*" >&2
  exit 1
}
# ask ADDRESS WORD…: etcdctl as root's client
ask() { etcdctl --endpoints="https://$1:2379" ${rootClient} --dial-timeout=5s "\${@:2}"; }
# room BYTES: a folder for as much, or nothing: a disk that is full stops etcd too
room() {
  local free
  # Of one that a loss of power ended.
  find ${rootOnlyFolder} -maxdepth 1 -type d -name 'etcd.??????' -mmin +1440 -exec rm --recursive --force -- {} +
  free=$(df --output=avail --block-size=1 ${rootOnlyFolder} | tail --lines=1)
  ((free > $1)) || refuse "needs $1 bytes in ${rootOnlyFolder}, of which \${free// /} are free"
  folder=$(mktemp --directory ${rootOnlyFolder}/etcd.XXXXXX)
  trap 'rm --recursive --force -- "$folder"' EXIT
}
# quietly COMMAND…: what it says counts only when it fails
quietly() { "$@" >"$folder/said" 2>&1 || refuse "$1: $(tail --lines=1 "$folder/said")"; }
`;

/**
 * `save ADDRESS`: a snapshot of the member there, which is the host's own, in `$folder/db`.
 *
 * A member that lost the others gives what it has, which may be old: it must first say that a majority stands behind it, by a
 * linearizable read. `etcdctl endpoint health` wants no alarm to be raised as well (etcdctl 3.6, ep_command.go), and a full etcd raises one,
 * just when its snapshot is needed. One whose members differ could give what is damaged, and gives nothing. The file is checked as etcdutl
 * checks it, page by page (etcd.io/docs/v3.6/op-guide/recovery, "Snapshotting the keyspace").
 */
export const saveFunction = `save() {
  local address=$1 size alarms
  # An etcd whose data were deleted under it still has them, until it stops.
  size=$(stat --format=%s ${paths.etcdData}/member/snap/db 2>/dev/null) || size=0
  room $((2 * size))
  quietly ask "$address" --command-timeout=10s get / --consistency=l --keys-only --limit=1
  alarms=$(ask "$address" --command-timeout=10s alarm list)
  [[ $alarms != *CORRUPT* ]] || refuse "what members of etcd have differs (alarm CORRUPT). Fix: docs/etcd-backup.md, 'etcd says CORRUPT'"
  quietly ask "$address" snapshot save "$folder/db"
  status=$(etcdutl snapshot status "$folder/db" --write-out=json)
}
`;
