import { ownFile } from "../components/control-plane/api-server-part";
import { bootstrapUnit } from "../components/control-plane/bootstrap-rbac";
import { kubeApiserverSafeRestart } from "../components/control-plane/safe-restart";
import { etcdUser } from "../components/etcd/etcd-member";
import { joinEnvironment } from "../components/etcd/membership";
import { etcdFunctions } from "../components/etcd/snapshot-functions";
import { paths } from "../components/plan/paths";
import { shellCommand } from "../components/plan/quote";
import { startLimitSeconds } from "../components/plan/start-limit";
import { whenWhole } from "../components/plan/whole-script";

/** A snapshot that follows the script on stdin. */
export interface SentSnapshot {
  readonly size: number;
  readonly sha256: string;
}

const encryptionConfiguration = ownFile("encryption.yaml");

/** What reads and writes etcd on a control plane; it starts in this order. */
const readers = ["kube-apiserver.service", "kube-controller-manager.service", "kube-scheduler.service"];

/**
 * How much the revision grows: more than was written since any snapshot, so that who watches sees time go on. With what was before marked
 * as compacted, every watch ends and begins anew (etcd.io/docs/v3.6/op-guide/recovery, "Restoring with revision bump";
 * kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd).
 */
const revisionBump = 1_000_000_000;

/**
 * The script that makes a snapshot the data of this host's member, as a new cluster of which it is the only one. The snapshot is unpacked
 * before anything stops; what was there stays beside it, and comes back when etcd does not start with the other.
 *
 * The cluster gets an identity that none had before: a member of the old one that comes back, with data of its own, would else be taken
 * for one of this.
 */
export function renderRestoreScript({ size, sha256 }: SentSnapshot): string {
  return `${etcdFunctions}
data=${paths.etcdData}
# flag NAME: what etcd's unit is started with
flag() { sed --quiet "s/^ *--$1=\\([^ ]*\\).*/\\1/p" /etc/systemd/system/etcd.service; }
# Generations of the key that something in the snapshot is encrypted with, also what was overwritten and is not gone from the file yet.
key_generations() { grep --text --only-matching --no-filename 'k8s:enc:[a-z]*:v1:key[0-9]*:' "$folder/data/member/snap/db" | sed 's/.*:key//; s/:$//' | sort --unique; }
serves() { ${shellCommand(kubeApiserverSafeRestart.ready)} >"$folder/said" 2>&1; }
restore() {
  local size=$1 sha256=$2 stamp aside sum name url token unit deadline generation readers=()
  stamp=$(date --utc +%Y%m%dT%H%M%SZ)
  aside=$data/before-restore-$stamp
  [ -d "$data" ] && [ -e /etc/systemd/system/etcd.service ] || refuse 'no etcd is installed here. Fix: run up first'
  name=$(flag name) url=$(flag initial-advertise-peer-urls) token=$(flag initial-cluster-token)
  [ -n "$name" ] && [ -n "$url" ] && [ -n "$token" ] || refuse "etcd's unit says no name, peer URL or token"
  room $((3 * size))
  head --bytes="$size" >"$folder/db"
  sum=$(sha256sum <"$folder/db")
  [ "\${sum%% *}" = "$sha256" ] || refuse 'the snapshot did not arrive whole'
  quietly etcdutl snapshot restore "$folder/db" --data-dir="$folder/data" --name="$name" \\
    --initial-cluster="$name=$url" --initial-advertise-peer-urls="$url" --initial-cluster-token="$token-$stamp" \\
    --bump-revision=${revisionBump} --mark-compacted
  # An API server that can't read all of its Secrets never becomes ready.
  [ ! -e ${encryptionConfiguration} ] || for generation in $(key_generations); do
    grep --quiet --line-regexp " *- name: key$generation" ${encryptionConfiguration} ||
      refuse "the snapshot holds what key $generation encrypted, and the API server here has none. Fix: add $generation to apiServer.encryptionKeys.decrypting, run up, and restore then (docs/encryption-at-rest.md)"
  done
  chown --recursive ${etcdUser}:${etcdUser} "$folder/data"
  for unit in ${readers.join(" ")}; do
    [ ! -e "/etc/systemd/system/$unit" ] || readers+=("$unit")
  done
  # Of a restore that was cut off.
  rm --recursive --force "$data"/restore-*
  # On etcd's disk before anything stops, which may be another than that of the folder: from here on there are renames only.
  mv --no-target-directory "$folder/data/member" "$data/restore-$stamp" || {
    rm --recursive --force "$data/restore-$stamp"
    refuse "the snapshot has no room in $data, and nothing was changed"
  }
  systemctl stop "\${readers[@]}" etcd.service
  [ ! -e "$data/member" ] || mv --no-target-directory "$data/member" "$aside"
  mv --no-target-directory "$data/restore-$stamp" "$data/member"
  if ! systemctl start etcd.service; then
    systemctl stop etcd.service
    rm --recursive --force "$data/member"
    [ ! -e "$aside" ] || mv --no-target-directory "$aside" "$data/member"
    systemctl start etcd.service "\${readers[@]}" || true
    refuse 'etcd did not start with the snapshot (journalctl -u etcd), and has its old data again'
  fi
  # Of the cluster that was: how this member joined it.
  rm --force ${joinEnvironment}
  systemctl start "\${readers[@]}"
  # An API server that has started knows no roles yet, and refuses everybody.
  deadline=$((SECONDS + ${startLimitSeconds}))
  until serves; do
    ((SECONDS < deadline)) ||
      refuse 'etcd has the snapshot, but the API server does not become ready (journalctl -u kube-apiserver)'
    sleep 0.5
  done
  # What fails at its first try is tried again by systemd.
  systemctl start ${bootstrapUnit} || true
  [ ! -e "$aside" ] || printf '%s\\n' "$aside"
}
${whenWhole(`${shellCommand(["restore", String(size), sha256])}\n`)}`;
}

/** The script that fails on a control plane whose etcd could go on as the cluster that was: as its majority, beside the restored one. */
export function renderOutOfTheWayScript(): string {
  return `set -euo pipefail
${whenWhole(`if systemctl is-active --quiet etcd.service || [ -e ${paths.etcdData}/member ]; then
  printf 'its etcd runs, or has data\\n' >&2
  exit 1
fi
`)}`;
}
