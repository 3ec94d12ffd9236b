import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { unfinishedUpdate } from "../../../commands/last-update";

describe("The last up of a stack", () => {
  const state = mkdtempSync(path.join(tmpdir(), "state-"));
  const environment = { PULUMI_BACKEND_URL: `file://${state}` };
  after(() => {
    rmSync(state, { recursive: true });
  });

  /** Writes a stack's history as a file backend does: an entry a file, named by its time, beside a copy of the state. */
  function history(stack: string, entries: readonly (readonly [kind: string, result: string])[]): void {
    const folder = path.join(state, ".pulumi", "history", "redoubt", stack);
    mkdirSync(folder, { recursive: true });
    for (const [index, [kind, result]] of entries.entries()) {
      const name = path.join(folder, `${stack}-179557046318650034${index}`);
      writeFileSync(`${name}.history.json`, JSON.stringify({ kind, result, startTime: 1795570463 }));
      writeFileSync(`${name}.checkpoint.json`, "{}");
    }
  }

  it("ended half-way when its result says so", async () => {
    history("failed", [
      ["update", "succeeded"],
      ["update", "failed"],
    ]);
    assert.equal(await unfinishedUpdate("failed", false, environment), "failed");
  });

  it("did not when an earlier one failed and it succeeded", async () => {
    history("mended", [
      ["update", "failed"],
      ["update", "succeeded"],
    ]);
    assert.equal(await unfinishedUpdate("mended", false, environment), undefined);
  });

  it("ended half-way whatever was only asked since then", async () => {
    history("asked", [
      ["update", "failed"],
      ["refresh", "succeeded"],
    ]);
    assert.equal(await unfinishedUpdate("asked", false, environment), "failed");
  });

  it("was cut off when its engine was killed, which the history does not know", async () => {
    history("killed", [["update", "succeeded"]]);
    assert.equal(await unfinishedUpdate("killed", true, environment), "was cut off");
  });

  it("left nothing behind that lasts when it was the first one, or came after a destroy", async () => {
    assert.equal(await unfinishedUpdate("new", true, environment), undefined);
    history("gone", [
      ["update", "failed"],
      ["destroy", "failed"],
    ]);
    assert.equal(await unfinishedUpdate("gone", true, environment), undefined);
  });
});
