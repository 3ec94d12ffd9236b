import { paths } from "../components/plan/paths";
import { shellCommand } from "../components/plan/quote";
import { whenWhole } from "../components/plan/whole-script";
import { etcdFunctions } from "./etcd-script";

/**
 * The script that takes a snapshot of the member at an address, which is the host's own. It prints one line of JSON and then the snapshot
 * itself, so that one login does it all and nothing of it stays on the host.
 *
 * A member that lost the others gives what it has, which may be old: it must first say that a majority stands behind it, by a
 * linearizable read. `etcdctl endpoint health` wants no alarm to be raised as well (etcdctl 3.6, ep_command.go), and a full etcd raises one,
 * just when its snapshot is needed. One whose members differ could give what is damaged, and gives nothing. The file is checked as etcdutl
 * checks it, page by page (etcd.io/docs/v3.6/op-guide/recovery, "Snapshotting the keyspace").
 */
export function renderSnapshotScript(address: string): string {
  return `${etcdFunctions}
snapshot() {
  local address=$1 size alarms status sum
  # An etcd whose data were deleted under it still has them, until it stops.
  size=$(stat --format=%s ${paths.etcdData}/member/snap/db 2>/dev/null) || size=0
  room $((2 * size))
  quietly ask "$address" --command-timeout=10s get / --consistency=l --keys-only --limit=1
  alarms=$(ask "$address" --command-timeout=10s alarm list)
  [[ $alarms != *CORRUPT* ]] || refuse "what members of etcd have differs (alarm CORRUPT). Fix: docs/etcd-backup.md, 'etcd says CORRUPT'"
  quietly ask "$address" snapshot save "$folder/db"
  status=$(etcdutl snapshot status "$folder/db" --write-out=json)
  sum=$(sha256sum <"$folder/db")
  printf '{"status":%s,"sha256":"%s"}\\n' "$status" "\${sum%% *}"
  cat "$folder/db"
}
${whenWhole(`${shellCommand(["snapshot", address])}\n`)}`;
}
