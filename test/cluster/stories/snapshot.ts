import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

const secret = "the-word-that-a-snapshot-must-not-tell";
const objects = ["configmap/kept", "secret/kept"];

/** Somebody deletes what is needed; there is a snapshot from before, and it is enough. */
export function snapshotStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A snapshot of etcd", () => {
    /** When the cluster was back. */
    let restored = 0;
    const file = path.join(cluster.folder, "before.db");
    const kubectl = (...args: string[]): Outcome => cluster.kubectl(outputs().kubeconfig, args);
    const asRoot = (command: string): Outcome => cluster.ssh(outputs(), "control-plane-0", `sudo ${command}`);
    const kept = (): string => kubectl("get", ...objects, "--ignore-not-found", "-o", "name").stdout;

    it("is taken while the cluster serves, and is nobody's but the user's", async () => {
      assert.equal(kubectl("create", "configmap", "kept", "--from-literal=word=open").code, 0);
      assert.equal(kubectl("create", "secret", "generic", "kept", `--from-literal=word=${secret}`).code, 0);
      const { code, stdout, stderr } = await cluster.npmRun("snapshot", ["--output", file]);
      assert.equal(code, 0, stdout + stderr);
      assert.equal(stdout, `${file}\n`);
      assert.match(stderr, /revision \d+, \d+ keys/);
      assert.match(stderr, /passphrase/);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    });

    it("leaves nothing on the host", async () => {
      const left = (): string => asRoot("ls /var/lib/redoubt").stdout;
      // The host's own timer may take one just now.
      const end = Date.now() + 30_000;
      while (left().includes("etcd.") && Date.now() < end) await sleep(500);
      assert.doesNotMatch(left(), /etcd\./);
    });

    it("tells no Secret, and everything else", () => {
      const bytes = readFileSync(file);
      assert.ok(bytes.includes("/registry/configmaps/default/kept"));
      assert.ok(bytes.includes("/registry/secrets/default/kept"));
      assert.ok(!bytes.includes(secret));
      assert.ok(!bytes.includes(Buffer.from(secret).toString("base64")));
    });

    it("is taken of an etcd that is full, too", async () => {
      const keys = "/etc/kubernetes/pki/etcd-healthcheck-client";
      const client = `--cacert /etc/etcd/pki/ca.crt --cert ${keys}.crt --key ${keys}.key`;
      // As etcd does itself when it reaches its quota (etcd.io/docs/v3.6/dev-guide/api_reference_v3, "Alarm").
      const alarm = `curl --silent --show-error --fail ${client} --data '{"action":"ACTIVATE","alarm":"NOSPACE"}' https://127.0.0.1:2379/v3/maintenance/alarm`;
      const etcdctl = `etcdctl --endpoints=https://127.0.0.1:2379 ${client.replaceAll(/--(\w+) /g, "--$1=")}`;
      const raised = asRoot(alarm);
      assert.equal(raised.code, 0, raised.stderr);
      try {
        assert.match(kubectl("create", "configmap", "too-much").stderr, /database space exceeded/);
        const full = path.join(cluster.folder, "full.db");
        const { code, stdout, stderr } = await cluster.npmRun("snapshot", ["--output", full]);
        assert.equal(code, 0, stdout + stderr);
      } finally {
        assert.match(asRoot(`${etcdctl} alarm disarm`).stdout, /NOSPACE/);
      }
      assert.equal(asRoot(`${etcdctl} endpoint health`).code, 0);
    });

    it("is taken by the control plane itself, too, and is root's alone there", () => {
      const folder = "/var/lib/redoubt/etcd-snapshots";
      assert.equal(asRoot("systemctl is-active redoubt-etcd-snapshot.timer").stdout, "active\n");
      const taken = asRoot("systemctl start redoubt-etcd-snapshot.service");
      assert.equal(taken.code, 0, taken.stderr + asRoot("journalctl -u redoubt-etcd-snapshot -n 5").stdout);
      const listed = asRoot(`find ${folder} -printf '%M %u %P\\n'`).stdout.trimEnd().split("\n").sort();
      assert.equal(listed.pop(), "drwx------ root ");
      const newest = listed.at(-1)?.split(" ").at(-1) ?? "";
      for (const file of listed) assert.match(file, /^-rw------- root \d{8}T\d{6}Z\.db$/);
      assert.equal(asRoot(`etcdutl snapshot status ${folder}/${newest}`).code, 0);
    });

    it("that is damaged is not restored, and the cluster serves on", async () => {
      const damaged = path.join(cluster.folder, "damaged.db");
      const bytes = readFileSync(file);
      bytes.writeUInt8(bytes.readUInt8(9000) ^ 1, 9000);
      writeFileSync(damaged, bytes);
      const { code, stderr } = await cluster.npmRun("restore", ["--snapshot", damaged, "--yes"]);
      assert.equal(code, 1);
      assert.match(stderr, /etcdutl/);
      assert.equal(kept(), objects.map((name) => `${name}\n`).join(""));
    });

    it("brings back what was deleted since, also the Secret, which only the stack's key opens", async () => {
      assert.equal(kubectl("delete", ...objects).code, 0);
      assert.equal(kubectl("create", "configmap", "written-since").code, 0);
      assert.equal(kept(), "");
      const { code, stdout, stderr } = await cluster.npmRun("restore", ["--snapshot", file, "--yes"]);
      assert.equal(code, 0, stdout + stderr);
      restored = Date.now();
      const word = kubectl("get", "secret", "kept", "-o", "jsonpath={.data.word}").stdout;
      assert.equal(Buffer.from(word, "base64").toString(), secret);
      assert.equal(kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.word}").stdout, "open");
      assert.match(kubectl("get", "configmap", "written-since").stderr, /NotFound/);
    });

    it("leaves the former data beside the new, as the page says", () => {
      const left = asRoot("sh -c 'ls -d /var/lib/etcd/before-restore-*/snap/db'");
      assert.equal(left.code, 0, left.stderr);
      assert.equal(asRoot("sh -c 'rm -r /var/lib/etcd/before-restore-*'").code, 0);
      assert.doesNotMatch(asRoot("ls /var/lib/redoubt").stdout, /etcd\./);
    });

    it("is a cluster whose nodes and controllers go on", async () => {
      const leases = (): string[] =>
        kubectl("get", "leases", "-n", "kube-node-lease", "-o", "jsonpath={.items[*].spec.renewTime}")
          .stdout.split(" ")
          .filter((time) => Date.parse(time) > restored);
      const ready = (): string =>
        kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}")
          .stdout;
      const account = (): string =>
        kubectl("get", "serviceaccount", "default", "-n", "since", "-o", "name").stdout;
      const isWell = (): boolean =>
        leases().length === 3 && ready() === "True True True" && account() === "serviceaccount/default\n";
      assert.equal(kubectl("create", "namespace", "since").code, 0);
      const end = Date.now() + 30_000;
      while (!isWell() && Date.now() < end) await sleep(500);
      assert.equal(leases().length, 3);
      assert.equal(ready(), "True True True");
      assert.equal(account(), "serviceaccount/default\n");
      assert.equal(kubectl("delete", ...objects, "namespace/since").code, 0);
    });

    it("is what the stack knows: up has nothing to do", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("up", ["--expect-no-changes"]);
      assert.equal(code, 0, stdout + stderr);
    });
  });
}
