import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";
import type { PlanFragment } from "../../../components/plan/plan";
import { renderScript } from "../../../components/plan/script";
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

  it("arms nothing when there is nothing to change", () => {
    assert.equal(change("old\n").code, 0);
    assert.ok(!existsSync(path.join(host.folder, "told")));
  });
});
