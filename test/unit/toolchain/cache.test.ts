import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, fillOnce } from "../../../toolchain/cache";
import { scratchFolder } from "./scratch";

const cache = scratchFolder();

/** Fills `folder` with one file, `part`. */
const fillPart = (scratch: string): Promise<void> => {
  writeFileSync(path.join(scratch, "part"), "whole");
  return Promise.resolve();
};

/** Starts a run of its own that begins to fill the folder and never ends; resolves once its first file is there. */
async function startEndlessFill(folder: string): Promise<ReturnType<typeof spawn>> {
  const program = `
    const { fillOnce } = require(${JSON.stringify(path.join(__dirname, "../../../toolchain/cache.ts"))});
    const { writeFileSync } = require("node:fs");
    fillOnce(${JSON.stringify(folder)}, async (scratch) => {
      writeFileSync(scratch + "/part", "half");
      process.stdout.write("begun");
      await new Promise(() => setInterval(() => {}, 1000));
    });`;
  const child = spawn(process.execPath, ["--import", "tsx", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

describe("a folder of the cache", () => {
  it("is filled once", async () => {
    const folder = path.join(cache, "once");
    assert.equal(await fillOnce(folder, fillPart), true);
    assert.equal(await fillOnce(folder, () => assert.fail("filled again")), false);
  });

  it("does not appear when filling fails, and leaves nothing beside it", async () => {
    const parent = path.join(cache, "failing");
    await assert.rejects(
      fillOnce(path.join(parent, "tool"), () => Promise.reject(new Error("no room"))),
      /no room/,
    );
    assert.deepEqual(readdirSync(parent), []);
  });

  it("is whole or absent after a kill, and the next run fills it and clears what was left", async () => {
    const parent = path.join(cache, "killed");
    const folder = path.join(parent, "tool");
    const child = await startEndlessFill(folder);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    assert.equal(existsSync(folder), false);
    await fillOnce(folder, fillPart);
    assert.equal(readFileSync(path.join(folder, "part"), "utf8"), "whole");
    assert.deepEqual(readdirSync(parent), ["tool"]);
  });

  it("is filled by one of two runs; the other waits", async () => {
    const folder = path.join(cache, "shared", "tool");
    let fills = 0;
    const fill = async (scratch: string): Promise<void> => {
      fills += 1;
      await sleep(50);
      await fillPart(scratch);
    };
    const did = await Promise.all([fillOnce(folder, fill), fillOnce(folder, fill)]);
    assert.deepEqual(did.sort(), [false, true]);
    assert.equal(fills, 1);
  });

  it("takes over the lock of a run that is gone", async () => {
    const folder = path.join(cache, "stale", "tool");
    mkdirSync(path.dirname(folder));
    const { pid } = spawnSync("true");
    writeFileSync(`${folder}.lock`, String(pid));
    assert.equal(await fillOnce(folder, fillPart), true);
  });
});

describe("where the cache lies", () => {
  it("is what REDOUBT_CACHE says, before XDG_CACHE_HOME", () => {
    const before = { ...process.env };
    try {
      process.env["XDG_CACHE_HOME"] = "/xdg";
      delete process.env["REDOUBT_CACHE"];
      assert.equal(cacheFolder(), "/xdg/redoubt");
      process.env["REDOUBT_CACHE"] = "/own";
      assert.equal(cacheFolder(), "/own");
    } finally {
      process.env = before;
    }
  });
});
