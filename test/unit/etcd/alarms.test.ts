import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { settled } from "../../../components/etcd/membership";

const member = { name: "control-plane-0", address: "127.91.0.10" };
/** A stub of etcdctl for a member that is alone, and whose health is what the file "why" says (etcdctl 3.6, printer_simple.go). */
const etcdctl = `#!/bin/bash
case "$*" in
  *'endpoint status') echo 'https://127.91.0.10:2379, 8e9e05c52164694d, 3.6.5, 20 kB, true, false' ;;
  *'member list') echo '8e9e05c52164694d, started, control-plane-0, https://127.91.0.10:2380, https://127.91.0.10:2379, false' ;;
  *'endpoint health')
    [ -s FOLDER/why ] || exit 0
    printf 'https://127.91.0.10:2379 is unhealthy: failed to commit proposal: %s\\nError: unhealthy cluster\\n' "$(<FOLDER/why)" >&2
    exit 1 ;;
esac
`;

describe("a member of an etcd that is not healthy", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "etcd-"));
    writeFileSync(path.join(folder, "etcdctl"), etcdctl.replaceAll("FOLDER", folder), { mode: 0o755 });
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const settle = (why: string): { code: number | null; stderr: string } => {
    writeFileSync(path.join(folder, "why"), why);
    const [program = "", ...args] = settled({ member, members: [member] }).command;
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const { status, stderr } = spawnSync(program, args, { env, encoding: "utf8" });
    return { code: status, stderr };
  };

  it("is there when nothing is wrong", () => {
    assert.deepEqual(settle(""), { code: 0, stderr: "" });
  });

  for (const [why, said] of [
    ["Active Alarm(s): NOSPACE ", /^etcd is full \(alarm NOSPACE\).* Fix: .*"etcd is full"\n$/],
    ["Active Alarm(s): NOSPACE CORRUPT ", /^etcd is full \(alarm NOSPACE\)/],
    ["Active Alarm(s): CORRUPT ", /^what members of etcd have differs \(alarm CORRUPT\)\. Fix: /],
    ["context deadline exceeded", /context deadline exceeded\n$/],
  ] as const) {
    it(`says why in its last line, and the way out where there is one: ${why.trim()}`, () => {
      const { code, stderr } = settle(why);
      assert.equal(code, 1);
      assert.match(stderr, said);
    });
  }
});
