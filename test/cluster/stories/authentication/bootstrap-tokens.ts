import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bootstrapTokenSecret } from "../../../../components/access/bootstrap-token";
import { runProgram } from "../../../support/cluster";
import type { Logins } from "./logins";

const requestName = "redoubt-test-new-node";

/** A request for the client certificate of a node that does not exist. */
function nodeRequest(): string {
  const { stdout, code, stderr } = runProgram("bash", [
    "-c",
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj '/O=system:nodes/CN=system:node:new-node'",
  ]);
  assert.equal(code, 0, stderr);
  return JSON.stringify({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: requestName },
    spec: {
      request: Buffer.from(stdout).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client-kubelet",
      usages: ["digital signature", "client auth"],
    },
  });
}

/** @param remember Is told the user name that the audit log must hold. */
export function bootstrapTokensStory(logins: Logins, remember: (username: string) => void): void {
  const status = (path: string): string =>
    logins.adminText(["get", "csr", requestName, "--output", `jsonpath={.status.${path}}`]);

  describe("A bootstrap token", () => {
    let token = "";

    before(async () => {
      const { code, stdout, stderr } = await logins.cluster.npmRun("bootstrap-token", ["--hours", "1"]);
      assert.equal(code, 0, stderr);
      token = stdout.trim();
      assert.match(token, /^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    });
    after(() => {
      logins.admin(["delete", "csr", requestName, "--ignore-not-found"]);
    });

    it("is made for a day at most", async () => {
      const { code, stderr } = await logins.cluster.npmRun("bootstrap-token", ["--hours", "25"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /must be a whole number of hours from 1 to 24/);
    });

    it("logs in as a bootstrapper of nodes", () => {
      const known = logins.who(logins.withToken(token));
      const username = `system:bootstrap:${token.slice(0, 6)}`;
      assert.equal(known?.username, username);
      remember(username);
      assert.deepEqual([...known.groups].sort(), [
        "system:authenticated",
        "system:bootstrappers",
        "system:bootstrappers:redoubt:nodes",
      ]);
    });

    it("asks for a node's certificate, which waits for an administrator's word", async () => {
      const asked = logins.cluster.kubectl(logins.withToken(token), ["create", "-f", "-"], nodeRequest());
      assert.equal(asked.code, 0, asked.stderr);
      assert.equal(status("conditions[*].type"), "");
      assert.equal(logins.may(logins.withToken(token), "certificate", "approve", requestName), false);

      logins.adminText(["certificate", "approve", requestName]);
      const end = Date.now() + 20_000;
      while (status("certificate") === "" && Date.now() < end) await sleep(200);
      const pem = Buffer.from(status("certificate"), "base64");
      assert.equal(new X509Certificate(pem).subject, "O=system:nodes\nCN=system:node:new-node");
    });

    it("may do nothing else", () => {
      const bearer = logins.withToken(token);
      for (const args of [
        ["get", "nodes"],
        ["get", "secrets", "--namespace", "kube-system"],
        ["get", "pods", "--namespace", "app"],
        ["get", "configmaps", "--namespace", "kube-public"],
        ["delete", "csr", requestName],
        ["create", "token", "default", "--namespace", "app"],
      ]) {
        assert.equal(logins.may(bearer, ...args), false, args.join(" "));
      }
    });

    it("is refused with another secret, and after its end", () => {
      assert.equal(logins.who(logins.withToken(`${token.slice(0, 7)}0000000000000000`)), undefined);
      const ended = { id: "ended0", secret: "abcdefghijklmnop", expiration: new Date(Date.now() - 1000) };
      // Admitted as any Secret is; the controller may remove it before it is tried, which is the same refusal.
      logins.adminText(["create", "-f", "-"], JSON.stringify(bootstrapTokenSecret(ended)));
      assert.equal(logins.who(logins.withToken(`${ended.id}.${ended.secret}`)), undefined);
    });

    it("is removed when it has ended", async () => {
      const secrets = (): string =>
        logins.adminText(["get", "secrets", "--namespace", "kube-system", "--output=name"]);
      const end = Date.now() + 30_000;
      while (secrets().includes("bootstrap-token-ended0") && Date.now() < end) await sleep(500);
      assert.doesNotMatch(secrets(), /bootstrap-token-ended0/);
      assert.match(secrets(), new RegExp(`bootstrap-token-${token.slice(0, 6)}`));
    });
  });
}
