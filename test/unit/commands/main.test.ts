import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");

/** How a command ends whose work is `work`, an expression. */
function ended(work: string, options = "{}"): { status: number | null; stderr: string } {
  const program = `
    const { main } = require("./commands/main");
    const { run } = require("./commands/shell");
    main(async () => { ${work} }, ${options});`;
  const args = ["--import", "tsx", "--eval", program];
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
}

describe("a command", () => {
  it("ends with 0 when its work is done, and with what the work says", () => {
    assert.equal(ended("").status, 0);
    assert.equal(ended("process.exitCode = 2").status, 2);
  });

  it("says on a line what went wrong, and ends with 1", () => {
    const { status, stderr } = ended('throw new Error("no such thing")');
    assert.equal(status, 1);
    assert.equal(stderr, "redoubt: no such thing\n");
  });

  it("ends as the program that failed, where codes say nothing of their own", () => {
    const failing = 'await run("sh", ["-c", "exit 6"])';
    assert.equal(ended(failing).status, 6);
    assert.equal(ended(failing, "{ failedProgram: 1 }").status, 1);
  });

  it("fails when it waits for what never comes", () => {
    const { status, stderr } = ended("await new Promise(() => undefined)");
    assert.equal(status, 1);
    assert.match(stderr, /work has not ended/);
  });
});
