import { rootClient } from "../components/etcd/membership";
import { paths } from "../components/plan/paths";

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
  free=$(df --output=avail --block-size=1 ${rootOnlyFolder} | tail --lines=1)
  ((free > $1)) || refuse "needs $1 bytes in ${rootOnlyFolder}, of which \${free// /} are free"
  folder=$(mktemp --directory ${rootOnlyFolder}/etcd.XXXXXX)
  trap 'rm --recursive --force -- "$folder"' EXIT
}
# quietly COMMAND…: what it says counts only when it fails
quietly() { "$@" >"$folder/said" 2>&1 || refuse "$1: $(tail --lines=1 "$folder/said")"; }
`;
