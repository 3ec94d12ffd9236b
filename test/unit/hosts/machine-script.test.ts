import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

/** What needs no machine of the script that makes machines; the rest is seen on real ones in `test/cluster/`. */
describe("machine.sh", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "redoubt-test-"))));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("deletes a machine while control groups of others go under its eyes, of which find complains", () => {
    const find = execFileSync("sh", ["-c", "command -v find"], { encoding: "utf8" }).trim();
    writeFileSync(join(folder, "find"), `#!/bin/sh\n'${find}' "$@"\nexit 1\n`, { mode: 0o755 });
    const { status, stderr } = spawnSync("components/hosts/local/machine.sh", ["delete"], {
      encoding: "utf8",
      env: {
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        REDOUBT_MACHINES: join(folder, "machines"),
        CLUSTER: "redoubt-test-nobody",
        NAME: "nothing",
      },
    });
    assert.equal(status, 0, stderr);
  });
});
