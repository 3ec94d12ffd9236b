import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { renderLeave } from "../../../components/node/leave";
import { renderReturnTurn, renderTakeTurn } from "../../../components/node/upgrade-turn";
import { convergeFunctions } from "../../../components/plan/functions";
import { mergeFragments } from "../../../components/plan/merge";
import { readScript } from "../../../components/plan/read-script";
import { renderConfirm, renderScript } from "../../../components/plan/script";
import { renderSecretScript } from "../../../components/plan/secret-script";
import { whenWhole } from "../../../components/plan/whole-script";

const plan = mergeFragments({
  a: {
    directories: [{ path: "/srv/x" }],
    files: [{ path: "/etc/x", content: "first\nsecond\n" }],
    absent: ["/etc/old"],
    units: [{ name: "x.service", content: "[Service]\nExecStart=/bin/x\n", restartOn: ["/etc/x"] }],
    guarded: [{ path: "/etc/x", activate: ["true"] }],
  },
});
const secret = { path: "/k", owner: "x", group: "x", content: "k\n", restart: ["x.service"] };

const turn = { node: "worker-10", version: "1.36.3", maxUnavailable: 1, drainTimeoutSeconds: 300 };

/** Script → the part before its group: functions, which do nothing by themselves. */
const scripts: Readonly<Record<string, readonly [string, string]>> = {
  "a plan": [renderScript(plan, "test"), `${convergeFunctions}\n# --- the plan: test ---\n\n`],
  secrets: [renderSecretScript([{ path: "/srv/x" }], [secret]), convergeFunctions],
  "a confirmation": [renderConfirm(plan, "test"), ""],
  "a leave": [renderLeave("worker-10"), ""],
  "a turn": [renderTakeTurn(turn), ""],
  "the end of a turn": [renderReturnTurn(turn), ""],
};

function bash(script: string, ...options: string[]): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync("bash", [...options, "-s"], {
    input: script,
    encoding: "utf8",
  });
  return { code: status, said: stdout + stderr };
}

describe("a script that comes by stdin", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "whole-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("does nothing when it is cut off, wherever that is, and everything when it is not", () => {
    const text = `set -eu\n${whenWhole(`cat >${folder}/file <<'END'\nfirst\nsecond\nEND\nrm -rf ${folder}/other\n`)}`;
    for (let length = 0; length < text.length - 1; length += 1) {
      bash(text.slice(0, length));
      assert.deepEqual(readdirSync(folder), [], `cut off after ${text.slice(0, length)}`);
    }
    assert.deepEqual(bash(text), { code: 0, said: "" });
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  for (const [name, [script, before]] of Object.entries(scripts)) {
    it(`has all that it does in one group, which a cut leaves open: ${name}`, () => {
      assert.ok(script.startsWith(before));
      assert.match(script.slice(before.length), /(?:^|\n)\{\n[\s\S]+\n\}\n$/);
      const begin = script.indexOf("\n{\n", before.length - 1) + 3;
      for (let cut = begin; cut < script.length - 2; cut += 29) {
        assert.notEqual(bash(script.slice(0, cut), "-n").code, 0, script.slice(cut - 40, cut));
      }
      assert.equal(bash(script, "-n").code, 0);
    });
  }

  it("is read the same when it is of a version that had no group yet", () => {
    const script = renderScript(plan, "test");
    const earlier = script
      .replace("# --- the plan: test ---\n\n{\n", "# --- the plan: test ---\n\n")
      .slice(0, -2);
    assert.notEqual(earlier, script);
    assert.deepEqual(readScript(earlier), readScript(script));
  });
});
