import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { noWayBack } from "../../../components/control-plane/no-way-back";
import { assertShellcheckClean } from "../../support/shellcheck";

describe("an API server that is to be of another version", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "no-way-back-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const script = noWayBack("1.35.4").preconditions?.[0]?.command.at(-1) ?? "";
  const check = (installed?: string): { code: number | null; says: string } => {
    if (installed !== undefined) {
      const text = `#!/bin/sh\necho Kubernetes v${installed}\n`;
      writeFileSync(path.join(folder, "kube-apiserver"), text, { mode: 0o755 });
    }
    const { status, stdout } = spawnSync("bash", ["-c", script.replaceAll("/usr/local/bin", folder)], {
      encoding: "utf8",
    });
    return { code: status, says: stdout.trim() };
  };

  for (const [what, installed] of [
    ["there is none yet", undefined],
    ["it is of an earlier minor", "1.34.4"],
    ["it is of that version", "1.35.4"],
    ["it is of another patch", "1.35.9"],
  ] as const) {
    it(`may be when ${what}`, () => {
      assert.deepEqual(check(installed), { code: 0, says: "" });
    });
  }

  it("may not go back to an earlier minor, whatever the state knows", () => {
    assert.deepEqual(check("1.36.3"), {
      code: 1,
      says: "it is 1.36.3. Fix: set kubernetes.version to 1.36.3",
    });
  });

  it("is asked for it by a clean script", () => {
    assertShellcheckClean(script);
  });
});
