import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fetchRelease, ReleaseUnreachable } from "../../../toolchain/release";
import { scratchFolder } from "./scratch";

const scratch = scratchFolder();
const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

const program = Buffer.from("#!/bin/sh\necho tool\n");

/** An archive as vendors make them: the program in a folder, owned by a user id of theirs. */
function vendorArchive(): Buffer {
  const folder = path.join(scratch, "vendor");
  mkdirSync(path.join(folder, "tool-1.0"), { recursive: true });
  writeFileSync(path.join(folder, "tool-1.0/tool"), program);
  const { stdout } = spawnSync("tar", ["-C", folder, "--owner=1001", "--group=1001", "-cz", "tool-1.0"]);
  return stdout;
}

const archive = vendorArchive();
let server: Server;
let base = "";

before(async () => {
  server = createServer((request, response) => {
    if (request.url === "/tool") response.end(program);
    else if (request.url === "/tool.tar.gz") response.end(archive);
    else if (request.url === "/broken") {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const freshFolder = (): string => mkdtempSync(path.join(scratch, "tool-"));

describe("a vendor's release", () => {
  it("becomes an executable program when its checksum is the pinned one", async () => {
    const target = path.join(freshFolder(), "tool");
    await fetchRelease({ url: `${base}/tool`, sha256: sha256(program) }, target);
    assert.deepEqual(readFileSync(target), program);
    assert.equal(statSync(target).mode & 0o777, 0o755);
  });

  it("gives one member of an archive, owned by who fetched it, and nothing else", async () => {
    const folder = freshFolder();
    const release = { url: `${base}/tool.tar.gz`, sha256: sha256(archive), member: "tool-1.0/tool" };
    await fetchRelease(release, path.join(folder, "tool"));
    assert.deepEqual(readdirSync(folder), ["tool"]);
    assert.deepEqual(readFileSync(path.join(folder, "tool")), program);
    assert.equal(statSync(path.join(folder, "tool")).uid, process.getuid?.());
  });

  it("is refused, with both checksums, when it is not what is pinned", async () => {
    const target = path.join(freshFolder(), "tool");
    const pinned = "0".repeat(64);
    await assert.rejects(fetchRelease({ url: `${base}/tool`, sha256: pinned }, target), (error: Error) => {
      assert.ok(!(error instanceof ReleaseUnreachable), "a wrong checksum must never lead to another source");
      assert.match(error.message, new RegExp(`${sha256(program)}, pinned is ${pinned}.*Fix: `));
      return true;
    });
    assert.equal(existsSync(target), false);
  });

  for (const [what, where] of [
    ["that is not there", "/missing"],
    ["that breaks off", "/broken"],
  ] as const) {
    it(`${what} counts as out of reach`, async () => {
      const release = { url: base + where, sha256: sha256(program) };
      await assert.rejects(fetchRelease(release, path.join(freshFolder(), "tool")), ReleaseUnreachable);
    });
  }

  it("on a host that does not answer counts as out of reach", async () => {
    // Port 1 of this box: nothing listens there, so the connection is refused.
    const release = { url: "http://127.0.0.1:1/tool", sha256: sha256(program) };
    await assert.rejects(fetchRelease(release, path.join(freshFolder(), "tool")), ReleaseUnreachable);
  });
});
