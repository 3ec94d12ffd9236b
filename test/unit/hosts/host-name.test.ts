import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { hostName } from "../../../components/hosts/host-name";

const fragment = hostName({ name: "worker-1", address: "192.0.2.22" });

describe("a host's name", () => {
  it("is the node's, at once and after a boot", () => {
    assert.deepEqual(fragment.files, [{ path: "/etc/hostname", content: "worker-1\n" }]);
    assert.deepEqual(fragment.steps?.[0]?.command, ["hostname", "worker-1"]);
  });

  for (const [what, before, added] of [
    ["is added to /etc/hosts where it is missing", "127.0.0.1 localhost\n", true],
    ["is added where another name begins with it", "192.0.2.23 worker-10\n", true],
    ["is added where it is commented out", "# 192.0.2.22 worker-1\n", true],
    ["is left where it stands, in whatever place of the line", "192.0.2.22\told worker-1\n", false],
  ] as const) {
    it(what, () => {
      const folder = mkdtempSync(path.join(tmpdir(), "hosts-"));
      const hosts = path.join(folder, "hosts");
      try {
        writeFileSync(hosts, before);
        const step = fragment.steps?.[1];
        const run = (words: readonly string[] = []): number | null => {
          const [program = "", ...args] = words.map((word) => word.replace("/etc/hosts", hosts));
          return spawnSync(program, args).status;
        };
        if (run(step?.unless) !== 0) assert.equal(run(step?.command), 0);
        assert.equal(readFileSync(hosts, "utf8"), added ? `${before}192.0.2.22 worker-1\n` : before);
        assert.equal(run(step?.unless), 0, "a second run would add it again");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
