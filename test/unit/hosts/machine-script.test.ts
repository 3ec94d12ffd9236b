import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";

/** What needs no machine of the script that makes machines; the rest is seen on real ones in `test/cluster/`. */
describe("machine.sh", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "redoubt-test-"))));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  describe("on cgroup v2 in a container that no systemd runs", () => {
    let root: string;
    /**
     * What the kernel does of it: a process is in one group; a group with processes gives no controllers on, and one that gives them on
     * takes no process (cgroups(7)). 999 is one that does not move, and those in "late" come while others are moved.
     */
    const kernel = `tell() {
  local group=\${1%/*} file
  case $1 in
    */cgroup.procs)
      [ "$2" != 999 ] || return 1
      [ ! -s "$group/cgroup.subtree_control" ] || return 1
      for file in "$root"/cgroup.procs "$root"/*/cgroup.procs; do
        [ ! -e "$file" ] || sed -i "/^$2\\$/d" "$file"
      done
      printf '%s\\n' "$2" >>"$1" ;;
    */cgroup.subtree_control)
      if [ -e "$root/late" ]; then cat "$root/late" >>"$group/cgroup.procs"; rm "$root/late"; return 1; fi
      [ ! -s "$group/cgroup.procs" ] || return 1
      printf '%s\\n' "$2" >"$1" ;;
  esac
}
`;
    const machineScript = readFileSync("components/hosts/local/machine.sh", "utf8");
    const functions = machineScript.slice(
      machineScript.indexOf("\nown_group() {"),
      machineScript.indexOf("\nstart_machine() {"),
    );
    const start = (name: string): { code: number | null; stderr: string } => {
      const { status, stderr } = spawnSync("bash", ["-s"], {
        input: `set -euo pipefail
root=${root} CLUSTER=c NAME=${name}
die() { echo "$*" >&2; exit 1; }
${functions.replaceAll("/sys/fs/cgroup", root)}
${kernel}
own_group
`,
        encoding: "utf8",
      });
      return { code: status, stderr };
    };
    const read = (name: string): string[] =>
      readFileSync(join(root, name), "utf8")
        .split("\n")
        .filter((line) => line !== "");
    beforeEach(() => {
      root = mkdtempSync(join(folder, "cgroup-"));
      writeFileSync(join(root, "cgroup.controllers"), "cpuset cpu io memory pids\n");
      writeFileSync(join(root, "cgroup.procs"), "1\n7\n");
      writeFileSync(join(root, "cgroup.subtree_control"), "");
    });

    it("moves who is in the one group out of it, gives its controllers on, and has the machine in one of its own", () => {
      assert.deepEqual(start("worker-0"), { code: 0, stderr: "" });
      assert.deepEqual(read("init/cgroup.procs"), ["1", "7"]);
      assert.deepEqual(read("cgroup.procs"), []);
      assert.deepEqual(read("cgroup.subtree_control"), ["+cpuset +cpu +io +memory +pids"]);
      assert.equal(read("redoubt-c-worker-0/cgroup.procs").length, 1);
    });

    it("moves once more who came while others were moved", () => {
      writeFileSync(join(root, "late"), "8\n9\n");
      assert.equal(start("worker-0").code, 0);
      assert.deepEqual(read("init/cgroup.procs"), ["1", "7", "8", "9"]);
    });

    it("moves nobody for the second machine, which has a group of its own", () => {
      start("worker-0");
      assert.deepEqual(start("worker-1"), { code: 0, stderr: "" });
      assert.deepEqual(read("init/cgroup.procs"), ["1", "7"]);
      assert.equal(read("redoubt-c-worker-0/cgroup.procs").length, 1);
      assert.equal(read("redoubt-c-worker-1/cgroup.procs").length, 1);
    });

    it("starts a machine again after a power cut, whose group would take no process any more", () => {
      mkdirSync(join(root, "redoubt-c-worker-0/payload/kubepods"), { recursive: true });
      rmSync(join(root, "cgroup.procs"));
      writeFileSync(join(root, "cgroup.procs"), "");
      assert.deepEqual(start("worker-0"), { code: 0, stderr: "" });
      assert.deepEqual(readdirSync(join(root, "redoubt-c-worker-0")), ["cgroup.procs"]);
    });

    it("says so where the one group keeps its controllers, as by a process that does not move", () => {
      writeFileSync(join(root, "cgroup.procs"), "1\n999\n");
      const { code, stderr } = start("worker-0");
      assert.equal(code, 1);
      assert.match(stderr, /does not give its controllers on .* Fix: run the container privileged/);
    });
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
