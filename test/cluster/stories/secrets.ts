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

    it("are in no command line and no environment of a host's processes", () => {
      for (const node of outputs().nodeTable) {
        const command =
          "sudo sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null' | tr '\\0' '\\n'";
        const { stdout } = cluster.ssh(outputs(), node.name, command);
        assert.match(stdout, /kubelet/, node.name);
        for (const shape of secretShapes) assert.doesNotMatch(stdout, shape, node.name);
      }
    });

    it("are in no log of a host", () => {
      for (const node of outputs().nodeTable) {
        const { stdout } = cluster.ssh(outputs(), node.name, "sudo journalctl --no-pager --output cat");
        assert.ok(stdout.length > 1000, node.name);
        for (const shape of secretShapes) assert.doesNotMatch(stdout, shape, node.name);
      }
    });

    it("are in no file of a host that others can read", () => {
      for (const node of outputs().nodeTable) {
        const command =
          "sudo find / -xdev -type f -perm /004 -size -1M -not -path '/usr/*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/opt/*' -exec grep -lsE -e '-----BEGIN [A-Z ]*PRIVATE KEY' {} +";
        assert.equal(cluster.ssh(outputs(), node.name, command).stdout.trim(), "", node.name);
      }
    });
  });
}
