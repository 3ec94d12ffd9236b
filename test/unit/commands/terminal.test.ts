import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");
const plain = "./test/support/plain-output.cjs";

describe("npm test on a terminal", () => {
  it("runs tests whose programs print as they do in a pipe", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "terminal-"));
    const printed = path.join(folder, "printed");
    const child = `require("node:child_process").spawnSync(process.execPath, ["-e", "console.log(42)"]).stdout`;
    writeFileSync(
      path.join(folder, "number.test.cjs"),
      `require("node:fs").writeFileSync(${JSON.stringify(printed)}, ${child});\n`,
    );
    try {
      const command = `"${process.execPath}" --require ${plain} --test "${folder}/number.test.cjs"`;
      // script(1) gives it a terminal.
      const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
        cwd: root,
        // Else the inner runner would take itself for a child of the outer one.
        env: { ...process.env, NODE_TEST_CONTEXT: undefined, TERM: "xterm" },
        encoding: "utf8",
      });
      assert.equal(status, 0, stdout);
      assert.equal(readFileSync(printed, "utf8"), "42\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("loads that before every test file", () => {
    assert.ok(readFileSync(path.join(root, "commands/test.ts"), "utf8").includes(`"${plain}"`));
  });
});
