import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";

const root = path.join(__dirname, "../../..");

describe("the engine's folder for temporary files", () => {
  const data = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
  const folder = path.join(data, "tmp");
  after(() => {
    rmSync(data, { recursive: true });
  });

  /** A command that takes the folder, and whose plugins leave a kubeconfig there. */
  const command = `
    const { writeFileSync } = require("node:fs");
    const folder = require("./commands/temporary-folder").temporaryFolder();
    writeFileSync(folder + "/seen", require("node:fs").readdirSync(folder).join());
    writeFileSync(folder + "/kubeconfig123", "a key");
    process.exit(Number(process.argv[1]));`;
  const run = (exitCode: number): number | null =>
    spawnSync(process.execPath, ["--import", "tsx", "--eval", command, String(exitCode)], {
      cwd: root,
      env: { ...process.env, REDOUBT_DATA: data },
    }).status;

  it("is its user's alone, and holds no kubeconfig when a command has ended, well or not", () => {
    for (const exitCode of [0, 1]) {
      assert.equal(run(exitCode), exitCode);
      assert.deepEqual(readdirSync(folder), ["seen"]);
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it("loses what an engine left that was killed, and nothing else", () => {
    mkdirSync(folder, { recursive: true });
    for (const name of ["kubeconfig9", "kubeconfig-of-mine"]) writeFileSync(path.join(folder, name), "");
    assert.equal(run(0), 0);
    assert.deepEqual(readdirSync(folder).sort(), ["kubeconfig-of-mine", "seen"]);
  });
});
