import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** Fails on a warning of shellcheck(1), and when it is not installed. */
export function assertShellcheckClean(script: string): void {
  const run = spawnSync("shellcheck", ["--severity=warning", "--shell=bash", "-"], {
    input: script,
    encoding: "utf8",
  });
  if (run.error) throw run.error;
  assert.equal(run.status, 0, run.stdout);
}
