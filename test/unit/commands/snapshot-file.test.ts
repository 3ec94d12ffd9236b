import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { after, describe, it } from "node:test";
import { defaultSnapshotFile, receiveSnapshot, refuseExisting } from "../../../commands/snapshot-file";
import { userPath } from "../../../commands/user-path";

const folder = mkdtempSync(path.join(tmpdir(), "redoubt-snapshot-"));
after(() => {
  rmSync(folder, { recursive: true });
});

const bytes = randomBytes(300_000);
const headline = (content: Buffer): Buffer => {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const status = { hash: 1, revision: 42, totalKey: 7, totalSize: 4096, version: "3.6.0" };
  return Buffer.from(`${JSON.stringify({ status, sha256 })}\n`);
};

/** Answers with chunks, and ends as a session does. */
const answering =
  (...chunks: readonly Buffer[]) =>
  (into: Writable): Promise<void> =>
    new Promise((resolve, reject) => {
      into.on("error", reject);
      for (const chunk of chunks) into.write(chunk);
      into.end(resolve);
    });

describe("a snapshot on this box", () => {
  it("is what the host had, wherever the answer was cut into pieces, and only the user reads it", async () => {
    const answer = Buffer.concat([headline(bytes), bytes]);
    for (const cut of [1, 20, headline(bytes).length, headline(bytes).length + 1, 100_000]) {
      const file = path.join(folder, "new", `cut-${cut}.db`);
      const send = answering(answer.subarray(0, cut), answer.subarray(cut));
      const { revision, keys, bytes: size } = await receiveSnapshot(file, send);
      assert.deepEqual({ revision, keys, size }, { revision: 42, keys: 7, size: bytes.length });
      assert.ok(readFileSync(file).equals(bytes));
      assert.equal(statSync(file).mode & 0o777, 0o600);
    }
    assert.equal(statSync(path.join(folder, "new")).mode & 0o777, 0o700);
  });

  const failures: readonly (readonly [string, (into: Writable) => Promise<void>, RegExp])[] = [
    ["was cut off", answering(headline(bytes), bytes.subarray(0, 200_000)), /did not arrive whole/],
    [
      "was changed on its way",
      answering(headline(bytes), Buffer.alloc(bytes.length)),
      /did not arrive whole/,
    ],
    ["is something else", answering(Buffer.alloc(10_000, "x")), /something else than a snapshot/],
    ["failed on the host", () => Promise.reject(new Error("no majority")), /no majority/],
  ];
  for (const [what, send, message] of failures) {
    it(`is not there when it ${what}, nor half of it`, async () => {
      const file = path.join(folder, "failed", "failed.db");
      await assert.rejects(receiveSnapshot(file, send), message);
      assert.deepEqual(readdirSync(path.dirname(file)), []);
    });
  }

  it("is never written over another one", async () => {
    const file = path.join(folder, "earlier.db");
    writeFileSync(file, "earlier");
    assert.throws(() => {
      refuseExisting(file);
    }, /is there already.*--output/);
    await assert.rejects(receiveSnapshot(file, answering(headline(bytes), bytes)), /is there already/);
    assert.equal(readFileSync(file, "utf8"), "earlier");
  });

  it("lies beside the state and is named after the stack and the time", () => {
    const before = process.env["REDOUBT_DATA"];
    process.env["REDOUBT_DATA"] = folder;
    try {
      const file = defaultSnapshotFile("prod", new Date("2026-01-02T03:04:05.678Z"));
      assert.equal(file, path.join(folder, "snapshots", "prod-20260102T030405Z.db"));
      assert.ok(!existsSync(file));
    } finally {
      if (before === undefined) delete process.env["REDOUBT_DATA"];
      else process.env["REDOUBT_DATA"] = before;
    }
  });

  it("goes where the user is, and not where npm runs the command", () => {
    const before = process.env["INIT_CWD"];
    process.env["INIT_CWD"] = folder;
    try {
      assert.equal(userPath("a.db"), path.join(folder, "a.db"));
      assert.equal(userPath("/b.db"), "/b.db");
    } finally {
      if (before === undefined) delete process.env["INIT_CWD"];
      else process.env["INIT_CWD"] = before;
    }
  });
});
