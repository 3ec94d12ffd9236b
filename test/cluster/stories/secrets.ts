import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { runProgram, type ClusterOutputs, type TestCluster } from "../../support/cluster";

/** How private keys and tokens look, whatever carries them. */
const secretShapes = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /client-key-data: [A-Za-z0-9+/=]{40}/,
  /secret: [A-Za-z0-9+/]{43}=/,
];

/** One of each shape, to show that a search finds it. */
const canaries = [
  "-----BEGIN PRIVATE KEY-----",
  `client-key-data: ${"A".repeat(40)}`,
  `secret: ${"A".repeat(43)}=`,
];

const patterns = secretShapes.map(({ source }) => `-e '${source}'`).join(" ");

/** File systems of a host that are no part of its root, each looked at where it is there. What pods mount below lies in memory. */
const ownMounts = [
  ...["/run", "/run/lock", "/tmp", "/dev/shm"],
  ...["/var/lib/kubelet", "/var/lib/etcd", "/var/lib/containerd"],
];

/** Says what stands in command lines and environments, those of a process of its own too, which says a word in each. */
const processTexts = `spoken() { CANARY=spoken-in-environment exec -a spoken-in-arguments sleep 60; }
spoken </dev/null >/dev/null 2>&1 &
trap "kill $!" EXIT
until grep --quiet --text spoken-in-arguments "/proc/$!/cmdline"; do sleep 0.1; done
cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
`;

export function secretsStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("Secrets", () => {
    it("are encrypted in the state", () => {
      const state = cluster.exportedState();
      assert.ok(state.length > 10_000, "the state was not exported");
      for (const shape of secretShapes) assert.doesNotMatch(state, shape);
    });

    it("are not in what up printed", () => {
      const log = cluster.log();
      assert.ok(log.length > 1000, "nothing was logged");
      for (const shape of secretShapes) assert.doesNotMatch(log, shape);
    });

    it("are in no file that the engine or its plugins left for the operator, who has the state", () => {
      const { code, stdout } = runProgram("grep", [
        ...["--recursive", "--files-with-matches", "--extended-regexp"],
        ...["-e", "-----BEGIN [A-Z ]*PRIVATE KEY-----", "-e", "client-key-data: [A-Za-z0-9+/=]{40}"],
        path.join(cluster.folder, "data"),
      ]);
      assert.equal(stdout, "");
      assert.equal(code, 1, "nothing was looked at");
      // Where plugins left the administrator's kubeconfig before.
      assert.ok(existsSync(path.join(cluster.folder, "data", "tmp")));
    });

    /**
     * Files that a search on a host prints while a canary of each shape lies in each folder, which it must find. The script goes by stdin:
     * a command line would be written down, with the canaries in it.
     */
    const foundBesideCanaries = (host: string, folders: readonly string[], search: string): string[] => {
      const planted = folders.flatMap((folder) =>
        canaries.map((canary, index) => ({ file: `${folder}/canary-${index}`, canary })),
      );
      const files = planted.map(({ file }) => file);
      const plant = planted.map(({ file, canary }) => `printf '%s\\n' '${canary}' >${file}`);
      const script = ["umask 022", `trap 'rm -f ${files.join(" ")}' EXIT`, ...plant, search, ""].join("\n");
      const found = cluster.ssh(outputs(), host, "sudo bash -s", script).stdout.trim().split("\n");
      assert.deepEqual(
        files.filter((file) => !found.includes(file)),
        [],
        `${host}: the search finds nothing`,
      );
      return found.filter((file) => !files.includes(file));
    };

    it("are in no command line and no environment of a host's processes", () => {
      for (const node of outputs().nodeTable) {
        const { stdout } = cluster.ssh(outputs(), node.name, "sudo bash -s", processTexts);
        assert.match(stdout, /kubelet/, node.name);
        assert.match(stdout, /spoken-in-arguments/, node.name);
        assert.match(stdout, /CANARY=spoken-in-environment/, node.name);
        for (const shape of secretShapes) assert.doesNotMatch(stdout, shape, node.name);
      }
    });

    it("are in no log of a host", () => {
      for (const node of outputs().nodeTable) {
        const { stdout } = cluster.ssh(outputs(), node.name, "sudo journalctl --no-pager --output cat");
        assert.ok(stdout.length > 1000, node.name);
        for (const shape of secretShapes) assert.doesNotMatch(stdout, shape, node.name);
        // What journald wrote has just been read as text.
        const search = `grep --recursive --files-with-matches --no-messages --extended-regexp --exclude-dir=journal ${patterns} /var/log`;
        assert.deepEqual(foundBesideCanaries(node.name, ["/var/log"], search), [], node.name);
      }
    });

    it("are in no file of a host that others can read", () => {
      // find(1) counts whole megabytes, so that less than one would be nothing at all.
      const roots = `roots=(/); for mount in ${ownMounts.join(" ")}; do [[ ! -d $mount ]] || roots+=("$mount"); done`;
      const search = `${roots}\nfind "\${roots[@]}" -xdev -type f -perm /004 -size -1024k -not -path '/usr/*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/opt/*' -exec grep -lsE ${patterns} {} +`;
      for (const node of outputs().nodeTable) {
        assert.deepEqual(
          foundBesideCanaries(node.name, ["/var/tmp", "/run", "/tmp", "/dev/shm"], search),
          [],
          node.name,
        );
      }
    });
  });
}
