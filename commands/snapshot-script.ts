import { etcdFunctions, saveFunction } from "../components/etcd/snapshot-functions";
import { shellCommand } from "../components/plan/quote";
import { whenWhole } from "../components/plan/whole-script";

/**
 * The script that takes a snapshot of the member at an address, which is the host's own. It prints one line of JSON and then the snapshot
 * itself, so that one login does it all and nothing of it stays on the host.
 */
export function renderSnapshotScript(address: string): string {
  return `${etcdFunctions}${saveFunction}snapshot() {
  local status sum
  save "$1"
  sum=$(sha256sum <"$folder/db")
  printf '{"status":%s,"sha256":"%s"}\\n' "$status" "\${sum%% *}"
  cat "$folder/db"
}
${whenWhole(`${shellCommand(["snapshot", address])}\n`)}`;
}
