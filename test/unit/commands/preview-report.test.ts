import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");
const recording = path.join(root, "test/golden/recorded-previews/sshd-option.jsonl");

describe("npm run preview-report", () => {
  it("reads and writes files where npm was called, and not where it runs", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "redoubt-report-"));
    try {
      copyFileSync(recording, path.join(folder, "recorded.json"));
      const files = ["--json", "recorded.json", "--markdown", "report.md", "--html", "report.html"];
      execFileSync(process.execPath, ["--import", "tsx", "commands/preview-report.ts", ...files], {
        cwd: root,
        env: { ...process.env, INIT_CWD: folder },
      });
      assert.match(readFileSync(path.join(folder, "report.md"), "utf8"), /^<!-- redoubt-preview-report:/);
      assert.match(readFileSync(path.join(folder, "report.html"), "utf8"), /^<!doctype html>/i);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
