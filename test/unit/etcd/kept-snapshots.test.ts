import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { keptSnapshots } from "../../../components/etcd/kept-snapshots";
import { parseSettings } from "../../../components/config/settings";
import { UnitFile } from "../../support/unit-file";

const plan = keptSnapshots("10.77.5.10", { intervalHours: 6, keep: 4 });
const hour = 60 * 60;

describe("Snapshots that a control plane keeps of etcd", () => {
  it("are taken twice a day, and five stay, when nothing is said", () => {
    assert.deepEqual(parseSettings({}, "test").etcd.snapshots, { intervalHours: 12, keep: 5 });
  });

  it("are root's alone", () => {
    assert.deepEqual(plan.directories, [{ path: "/var/lib/redoubt/etcd-snapshots", mode: "0700" }]);
    assert.equal(plan.files?.[0]?.mode, "0700");
  });

  it("are taken as often as the setting says, by a program that may write nothing else", () => {
    const timer = new UnitFile(plan.units?.[0]?.content ?? "");
    assert.deepEqual(timer.all("Timer", "OnUnitActiveSec"), ["6h"]);
    const service = new UnitFile(plan.files?.[1]?.content ?? "");
    assert.equal(service.service("ReadWritePaths"), "/var/lib/redoubt");
    assert.equal(service.service("CapabilityBoundingSet"), "CAP_DAC_READ_SEARCH");
  });

  describe("are missed, and taken by up --repair,", () => {
    const [step] = plan.closingSteps ?? [];
    assert.ok(step);
    assert.deepEqual(step.command, ["systemctl", "start", "redoubt-etcd-snapshot.service"]);
    for (const [what, snapshotAge, etcdAge, isMissed] of [
      ["not where one is of the last two intervals", 11, 1000, false],
      ["where the newest is older", 13, 1000, true],
      ["where there is none", undefined, 1000, true],
      ["not where etcd itself is no older", undefined, 11, false],
    ] as const) {
      it(what, () => {
        const folder = mkdtempSync(path.join(tmpdir(), "kept-snapshots-"));
        const aged = (name: string, hours: number): void => {
          const then = Date.now() / 1000 - hours * hour;
          writeFileSync(path.join(folder, name), "");
          utimesSync(path.join(folder, name), then, then);
        };
        try {
          mkdirSync(path.join(folder, "etcd-snapshots"));
          aged("etcd-began", etcdAge);
          if (snapshotAge !== undefined) aged("etcd-snapshots/20260101T000000Z.db", snapshotAge);
          const [program = "", ...args] = step.unless.map((word) =>
            word.replaceAll("/var/lib/redoubt", folder),
          );
          assert.equal(spawnSync(program, args).status !== 0, isMissed);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }
  });
});
