import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, it } from "node:test";
import type { TestCluster } from "../../support/cluster";
import { Logins } from "./authentication/logins";

const configuration = "/etc/kubernetes/kube-apiserver/encryption.yaml";

/**
 * The key that etcd's Secrets are encrypted with is replaced while the cluster runs, in three ups. Comes after people have logged in, so that
 * Dex has something to lose too.
 */
export function encryptionStory(cluster: TestCluster): void {
  const logins = new Logins(cluster);
  const namespace = "app";
  const word = "as-it-was-before";
  const snapshot = path.join(cluster.folder, "of-the-first-key.db");
  let firstKey = "";

  const keys = "/etc/kubernetes/pki/etcd-healthcheck-client";
  const etcdctl = `sudo etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/pki/ca.crt --cert=${keys}.crt --key=${keys}.key`;
  /** What stands before each value of a folder of etcd, by key. */
  const stored = (folder: string): ReadonlyMap<string, string> => {
    const lines = logins.onControlPlane(
      `${etcdctl} get --prefix ${folder} --write-out=fields | grep -E '^"(Key|Value)" : ' | cut --bytes=1-200`,
    );
    const found = lines.matchAll(/^"Key" : "([^"]+)"\n"Value" : "(k8s:enc:\w+:v1:\w+|.{0,20})/gm);
    return new Map([...found].map(([, key = "", value = ""]) => [key, value]));
  };
  const secrets = (): ReadonlyMap<string, string> => stored("/registry/secrets/");
  const sessions = (): ReadonlyMap<string, string> => stored("/registry/dex.coreos.com/");
  const assertAll = (values: ReadonlyMap<string, string>, value: string): void => {
    assert.ok(values.size > 0, "nothing is stored");
    assert.deepEqual(
      [...values].filter(([, found]) => found !== value),
      [],
    );
  };
  const configure = (encrypting: number, decrypting: readonly number[]): void => {
    cluster.editConfiguration((block) => {
      block("apiServer")["encryptionKeys"] = { encrypting, decrypting };
    });
  };
  const wordOf = (name: string): string =>
    Buffer.from(
      logins.adminText(["--namespace", namespace, "get", "secret", name, "--output=jsonpath={.data.word}"]),
      "base64",
    ).toString();

  describe("The key that secrets are encrypted with in etcd", () => {
    before(async () => {
      const literal = `--from-literal=word=${word}`;
      logins.adminText(["--namespace", namespace, "create", "secret", "generic", "old", literal]);
      firstKey = /secret: (\S+)/.exec(logins.onControlPlane(`sudo cat ${configuration}`))?.[1] ?? "";
      assert.equal(Buffer.from(firstKey, "base64").length, 32);
      const { code, stderr } = await cluster.npmRun("snapshot", ["--output", snapshot]);
      assert.equal(code, 0, stderr);
    });

    it("is the first one's on all that is secret, what Dex keeps included", () => {
      assertAll(secrets(), "k8s:enc:secretbox:v1:key1");
      assertAll(sessions(), "k8s:enc:secretbox:v1:key1");
    });

    it("is not replaced in one step: up refuses it before anything changes", async () => {
      const start = logins.apiServerStart();
      configure(2, [2]);
      const { code, stderr } = await cluster.npmRun("up");
      assert.notEqual(code, 0);
      assert.match(
        stderr,
        /encryptionKeys\.encrypting = 2: would encrypt before every API server can decrypt/,
      );
      assert.match(
        stderr,
        /encryptionKeys\.decrypting = \[2\]: drops 1, with which secrets are encrypted now/,
      );
      assert.equal(logins.apiServerStart(), start);
    });

    it("is announced first: nothing is encrypted with the new one yet", async () => {
      configure(1, [1, 2]);
      await logins.up();
      assertAll(secrets(), "k8s:enc:secretbox:v1:key1");
    });

    it("is the new one's then, on all that was there before too", async () => {
      configure(2, [1, 2]);
      await logins.up();
      assertAll(secrets(), "k8s:enc:secretbox:v1:key2");
      assertAll(sessions(), "k8s:enc:secretbox:v1:key2");
      assert.equal(wordOf("old"), word);
    });

    it("is the new one alone in the end, and the old one is on no host", async () => {
      configure(2, [2]);
      await logins.up();
      const held = logins.onControlPlane(`sudo cat ${configuration}`);
      assert.deepEqual(
        [...held.matchAll(/name: (\w+)/g)].map(([, name]) => name),
        ["key2", "key2"],
      );
      const script = `sudo grep --recursive --files-with-matches --fixed-strings --file=- /etc /var/lib/redoubt || true`;
      for (const { name } of logins.outputs.nodeTable) {
        assert.equal(cluster.ssh(logins.outputs, name, script, firstKey).stdout, "", name);
      }
      assert.equal(wordOf("old"), word);
    });

    it("is on every Secret, and drift names one that was stored in plain, and up mends it", async () => {
      const metadata = {
        name: "plain",
        namespace,
        uid: "0b0b5d3a-52d5-4b0e-8ea0-0f8d2c1a7f10",
        creationTimestamp: "2026-01-01T00:00:00Z",
      };
      const data = { word: Buffer.from(word).toString("base64") };
      const plain = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data };
      const put = `${etcdctl} put /registry/secrets/${namespace}/plain`;
      const { code } = cluster.ssh(logins.outputs, logins.controlPlane, put, JSON.stringify(plain));
      assert.equal(code, 0);
      assert.equal(wordOf("plain"), word);
      const drift = await cluster.npmRun("drift");
      assert.equal(drift.code, 2, drift.stderr);
      assert.match(drift.stdout, /what is secret in etcd is encrypted by secretbox with key2/);
      const repaired = await cluster.npmRun("up", ["--repair"]);
      assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
      assertAll(secrets(), "k8s:enc:secretbox:v1:key2");
      assert.equal(wordOf("plain"), word);
      assert.equal((await cluster.npmRun("drift")).code, 0);
    });

    it("is wanted by a snapshot of its time: restore says so before anything stops", async () => {
      const start = logins.apiServerStart();
      const { code, stderr } = await cluster.npmRun("restore", ["--snapshot", snapshot, "--yes"]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /what key 1 encrypted, .*Fix: add 1 to apiServer\.encryptionKeys\.decrypting, run up/,
      );
      assert.equal(logins.apiServerStart(), start);
    });

    it("is kept in the state when it is used no more: a snapshot of its time is read with it again", async () => {
      configure(2, [1, 2]);
      await logins.up();
      const { code, stdout, stderr } = await cluster.npmRun("restore", ["--snapshot", snapshot, "--yes"]);
      assert.equal(code, 0, stdout + stderr);
      const repaired = await cluster.npmRun("up", ["--repair"]);
      assert.equal(repaired.code, 0, repaired.stdout + repaired.stderr);
      assert.equal(wordOf("old"), word);
      assertAll(secrets(), "k8s:enc:secretbox:v1:key2");
      assertAll(sessions(), "k8s:enc:secretbox:v1:key2");
      configure(2, [2]);
      await logins.up();
    });
  });
}
