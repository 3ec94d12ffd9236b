import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { PlanFragment } from "../../../components/plan/plan";
import { renderConfirm, renderScript } from "../../../components/plan/script";
import { ConvergeHost } from "../../support/converge";

/** Says for when the revert is told. */
const systemdRun = `#!/usr/bin/env bash
for word in "$@"; do case $word in --on-active=*) printf 'reverts in %s s\\n' "\${word#*=}" >>FOLDER/told ;; esac; done
`;

describe("a change that could lock the operator out", () => {
  let host: ConvergeHost;
  const told = (): string[] => host.read("told").trim().split("\n");
  const change = (content: string, more: PlanFragment = {}): ReturnType<ConvergeHost["run"]> => {
    const { owner, folder } = host;
    const plan = mergeFragments({
      more,
      guarded: {
        files: [{ path: host.path("keys"), content, owner, group: owner }],
        guarded: [
          { path: host.path("keys"), activate: ["sh", "-c", `cat ${folder}/etc/keys >>${folder}/told`] },
        ],
      },
    });
    return host.run(renderScript(plan, "test"));
  };
  const revert = (...words: string[]): void => {
    const script = path.join(host.folder, "state/revert/revert.sh");
    assert.equal(spawnSync("bash", [script, ...words]).status, 0);
  };

  beforeEach(() => {
    host = new ConvergeHost();
    host.program("systemd-run", systemdRun);
    host.program("logger", "#!/bin/sh\n");
    host.write("etc/keys", "old\n");
  });
  afterEach(() => {
    host.remove();
  });

  it("waits for the second login from the end of the script, however long the rest of it takes", () => {
    assert.equal(change("new\n").code, 0);
    assert.deepEqual(told(), ["reverts in 600 s", "new", "reverts in 60 s"]);
  });

  it("waits no longer where the rest of the script fails", () => {
    const never = { description: "never", command: ["false"], timeoutSeconds: 0 };
    assert.equal(change("new\n", { readiness: [never] }).code, 1);
    assert.deepEqual(told(), ["reverts in 600 s", "new", "reverts in 60 s"]);
  });

  it("is put back and made effective without a second login", () => {
    change("new\n");
    revert();
    assert.equal(host.read("etc/keys"), "old\n");
    assert.equal(told().at(-1), "old");
    assert.ok(!existsSync(path.join(host.folder, "state/revert")));
  });

  it("is put back by a boot, whose services read it only then", () => {
    change("new\n");
    revert("boot");
    assert.equal(host.read("etc/keys"), "old\n");
    assert.equal(told().at(-1), "reverts in 60 s");
    assert.ok(!existsSync(path.join(host.folder, "state/revert")));
  });

  it("is put back to what let the operator in last, whatever was tried since", () => {
    change("new\n");
    change("newer\n");
    revert();
    assert.equal(host.read("etc/keys"), "old\n");
  });

  it("is made effective, behind its guard, by the run after one that failed before that", () => {
    const fails = { description: "fails", unless: ["false"], command: ["false"] };
    assert.equal(change("new\n", { steps: [fails] }).code, 1);
    assert.ok(!told().includes("new"));
    assert.equal(change("new\n").code, 0);
    assert.deepEqual(told().slice(-3), ["reverts in 600 s", "new", "reverts in 60 s"]);
    revert();
    assert.equal(host.read("etc/keys"), "old\n");
  });

  it("is put back at once when no timer can be had, and the run fails", () => {
    host.program("systemd-run", "#!/bin/sh\ncase $* in *--on-active=60*) exit 1 ;; esac\n");
    const { code, stderr } = change("new\n");
    assert.equal(code, 1);
    assert.match(stderr, /guarded files were put back, because no timer/);
    assert.equal(host.read("etc/keys"), "old\n");
  });

  describe("outlasts a loss of power", () => {
    /** What was written to disk, with what the guarded file held then, and whether its revert was still there. */
    const synced = (): string[] =>
      existsSync(path.join(host.folder, "synced"))
        ? host.read("synced").replaceAll(host.folder, "").trim().split("\n")
        : [];
    beforeEach(() => {
      host.program(
        "sync",
        `#!/bin/sh
printf '%s | %s | %s\n' "$*" "$(cat FOLDER/etc/keys)" "$(ls FOLDER/state/revert/revert.sh 2>/dev/null)" >>FOLDER/synced
`,
      );
    });

    it("by content that is on disk before its name is, and all of it before the report", () => {
      change("new\n");
      const [candidate, ...others] = synced();
      assert.equal(candidate, "/etc/.keys.redoubt-new | old | ");
      assert.equal(others.at(-1), "--file-system /etc /state | new | /state/revert/revert.sh");
    });

    it("and waits for no disk when nothing changed", () => {
      change("old\n");
      assert.deepEqual(synced(), []);
    });

    it("by a confirmation that takes its revert away when it is on disk, and waits for that, too", () => {
      change("new\n");
      host.write("synced", "");
      const { owner } = host;
      const plan = mergeFragments({
        guarded: {
          files: [{ path: host.path("keys"), content: "new\n", owner, group: owner }],
          guarded: [{ path: host.path("keys"), activate: ["true"] }],
        },
      });
      const confirm = `${renderConfirm(plan, "test")}echo '{"changed":[]}'\n`;
      assert.equal(host.run(confirm).code, 0);
      assert.deepEqual(synced(), [
        "--file-system /etc /state | new | /state/revert/revert.sh",
        "/state | new |",
      ]);
      assert.equal(host.run(confirm).code, 0);
      assert.equal(synced().length, 2);
    });
  });

  it("arms nothing when there is nothing to change", () => {
    assert.equal(change("old\n").code, 0);
    assert.ok(!existsSync(path.join(host.folder, "told")));
  });
});
