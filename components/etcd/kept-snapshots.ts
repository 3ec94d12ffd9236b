import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { shellCommand } from "../plan/quote";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";
import { beganRecord } from "./membership";
import { etcdFunctions, saveFunction } from "./snapshot-functions";

/** Snapshots that a control plane keeps of etcd, by itself. */
export interface KeptSnapshotsOptions {
  /** Hours between two. */
  readonly intervalHours: number;
  /** How many stay on the host; the oldest goes. */
  readonly keep: number;
}

/** Where they lie; root's alone. */
export const keptSnapshotsFolder = `${paths.engineState}/etcd-snapshots`;

const program = "/usr/local/libexec/redoubt/keep-etcd-snapshot";
const unitName = "redoubt-etcd-snapshot";

/** `keep ADDRESS COUNT`: the new one is there under its name when it is whole and on the disk, and only then an old one goes. */
function renderProgram(address: string, keep: number): string {
  return `#!/usr/bin/env bash
# Takes a snapshot of etcd, and keeps the newest ones on this host.
${etcdFunctions}${saveFunction}keep() {
  local address=$1 count=$2 stamp status kept
  save "$address"
  stamp=$(date --utc +%Y%m%dT%H%M%SZ)
  sync "$folder/db"
  mv --no-target-directory "$folder/db" "${keptSnapshotsFolder}/$stamp.db"
  mapfile -t kept < <(find ${keptSnapshotsFolder} -maxdepth 1 -name '*.db' | sort --reverse)
  rm --force -- "\${kept[@]:count}"
  printf '%s.db: %s\\n' "$stamp" "$status"
}
${shellCommand(["keep", address, String(keep)])}
`;
}

/**
 * The timer that takes them, and the program. What lies on the disk of etcd is no backup against the loss of that disk; it is one against
 * what somebody deleted an hour ago (docs/etcd-backup.md).
 *
 * @param address Of this host's own member.
 */
export function keptSnapshots(address: string, { intervalHours, keep }: KeptSnapshotsOptions): PlanFragment {
  const service = renderUnit({
    Unit: { Description: "Snapshot of etcd on this host", After: "etcd.service" },
    Service: {
      Type: "oneshot",
      // Who has no member any more, or not yet, takes none.
      ExecCondition: execStart("/usr/bin/systemctl", ["is-active", "--quiet", "etcd.service"]),
      ExecStart: program,
      Environment: `PATH=${paths.binaries}:/usr/sbin:/usr/bin:/sbin:/bin`,
      Nice: 10,
      IOSchedulingClass: "idle",
      // Root's, as the client of etcd that it shows; the size of etcd's data it may ask for, and nothing else of others.
      ...sandbox({ writablePaths: [paths.engineState], capabilities: ["CAP_DAC_READ_SEARCH"] }),
    },
  });
  const timer = renderUnit({
    Unit: { Description: "Take snapshots of etcd" },
    Timer: { OnBootSec: "10min", OnUnitActiveSec: `${intervalHours}h`, RandomizedDelaySec: "5min" },
    Install: { WantedBy: "timers.target" },
  });
  const recent = `find ${keptSnapshotsFolder} ${beganRecord} -mmin -${2 * intervalHours * 60} -type f | grep --quiet .`;
  return {
    directories: [{ path: keptSnapshotsFolder, mode: "0700" }],
    files: [
      { path: program, content: renderProgram(address, keep), mode: "0700" },
      { path: `/etc/systemd/system/${unitName}.service`, content: service, mode: "0600" },
    ],
    units: [{ name: `${unitName}.timer`, content: timer }],
    closingSteps: [
      {
        description: `a snapshot of etcd of the last ${2 * intervalHours} hours lies on this host, or etcd is no older`,
        unless: ["bash", "-c", recent],
        command: ["systemctl", "start", `${unitName}.service`],
      },
    ],
  };
}
