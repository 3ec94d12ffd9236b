import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram, type ClusterOutputs, type Outcome, type TestCluster } from "../../support/cluster";
import { makeServerCertificate } from "../../support/certificates";
import { passwords, type IdentityBench } from "../../support/identity-bench";

/** Dex as a program on a host, and what is wrong around it; part of the story of logins. */
export function identityProviderStory(
  cluster: TestCluster,
  outputs: () => ClusterOutputs,
  bench: IdentityBench,
): void {
  const {
    controlPlane,
    onControlPlane,
    neighbour,
    logIn,
    session,
    withToken,
    whoami,
    nameIn,
    eventually,
    configure,
    up,
    authority,
    otherAuthority,
    identityProvider,
    trusted,
    trust,
    outside,
  } = bench;

  describe("Dex", () => {
    const asDex = (address: string, port: number): Outcome =>
      onControlPlane(`sudo -u dex timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`);
    const asRoot = (address: string, port: number): Outcome =>
      onControlPlane(`sudo timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`);

    it("reaches its store and its directory", () => {
      assert.equal(asDex(controlPlane().address, 6443).code, 0);
      assert.equal(asDex(neighbour(200), 636).code, 0);
    });

    it("reaches nothing else, at once, where others do", () => {
      const worker = outputs().nodeTable.find(({ role }) => role === "worker")?.address ?? "";
      const others: readonly (readonly [string, number])[] = [
        [controlPlane().address, 2379],
        ["127.0.0.1", 2379],
        [controlPlane().address, 10250],
        [neighbour(200), 389],
        [neighbour(1), Number(new URL(outside().issuer.url).port)],
        [worker, 10250],
      ];
      for (const [address, port] of others) {
        assert.equal(asRoot(address, port).code, 0, `root to ${address}:${port}`);
        const denied = asDex(address, port);
        assert.equal(denied.code, 1, `dex to ${address}:${port}: ${denied.stderr}`);
      }
    });

    it("is reached by the box, and not by who is not let in to the API", () => {
      const connect = ["timeout", "3", "bash", "-c", `exec 3<>/dev/tcp/${controlPlane().address}/5556`];
      assert.equal(runProgram(connect[0] ?? "", connect.slice(1)).code, 0);
      const { directory, issuer } = outside();
      // From where the box is reached: it waits in vain (timeout(1)), and does not fail otherwise.
      const box = `exec 3<>/dev/tcp/${neighbour(1)}/${new URL(issuer.url).port}`;
      assert.equal(directory.inItsNetwork(["timeout", "3", "bash", "-c", box]), 0);
      assert.equal(directory.inItsNetwork(connect), 124);
    });

    it("keeps its store encrypted, and may touch nothing else in the cluster", () => {
      const etcdctl =
        "sudo etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/pki/ca.crt --cert=/etc/kubernetes/pki/etcd-healthcheck-client.crt --key=/etc/kubernetes/pki/etcd-healthcheck-client.key";
      const stored = onControlPlane(
        `${etcdctl} get /registry/dex.coreos.com/refreshtokens/ --prefix --print-value-only | head -c 32`,
      );
      assert.match(stored.stdout, /^k8s:enc:secretbox:v1:/);
      const kubectl = (args: string): Outcome =>
        onControlPlane(`sudo kubectl --kubeconfig=/etc/dex/kubeconfig ${args}`);
      assert.equal(kubectl("get refreshtokens.dex.coreos.com").code, 0);
      for (const args of [
        "get secrets",
        "get refreshtokens.dex.coreos.com -n default",
        "get pods -A",
        "delete crd refreshtokens.dex.coreos.com",
      ]) {
        assert.match(kubectl(args).stderr, /[Ff]orbidden/, args);
      }
    });

    it("is missed by nobody with a certificate when it is down, nor by who holds a token", async () => {
      const { idToken } = session("erin");
      assert.equal(nameIn(await withToken(idToken, whoami)), "ldap:erin");
      assert.equal(onControlPlane("sudo systemctl stop dex").code, 0);
      try {
        const vera = outputs().userKubeconfigs["vera"] ?? "";
        assert.equal(cluster.kubectl(vera, ["-n", "app", "get", "pods"]).code, 0);
        assert.equal(nameIn(await withToken(idToken, whoami)), "ldap:erin");
        const refused = logIn("erin", passwords.erin);
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /can't be reached .* certificates work meanwhile/);
      } finally {
        onControlPlane("sudo systemctl start dex");
      }
      assert.equal((await eventually(() => logIn("erin", passwords.erin))).code, 0);
    });
  });

  describe("what is wrong outside", () => {
    const worksAsBefore = (): void => {
      assert.equal(cluster.kubectl(outputs().kubeconfig, ["get", "nodes"]).code, 0);
    };
    const refusedWithin = (seconds: number, pattern: RegExp): void => {
      const start = Date.now();
      const outcome = logIn("erin", passwords.erin);
      assert.notEqual(outcome.code, 0);
      assert.match(outcome.stderr, pattern);
      assert.ok(Date.now() - start < seconds * 1000, `it took ${Date.now() - start} ms`);
      worksAsBefore();
    };

    it("a directory that is down: the login says so within seconds, and the cluster works", async () => {
      await outside().directory.stop();
      refusedWithin(20, /it can't use its directory|did not answer within/);
    });

    it("a directory with a certificate of another authority: the same", async () => {
      await outside().directory.start(
        otherAuthority,
        makeServerCertificate(otherAuthority, [`IP:${neighbour(200)}`]),
      );
      refusedWithin(20, /it can't use its directory \(unreachable, certificate of another authority/);
      await outside().directory.stop();
      await outside().directory.start(authority, makeServerCertificate(authority, [`IP:${neighbour(200)}`]));
      assert.equal(logIn("erin", passwords.erin).code, 0);
    });

    it("a wrong authority in the configuration: up says so after eight seconds, and logins stay as they were", async () => {
      configure("redoubt:identityProvider", identityProvider("ldap", otherAuthority.certificate));
      const outcome = await up();
      assert.notEqual(outcome.code, 0);
      assert.match(
        outcome.stdout + outcome.stderr,
        /identityProvider\.ldap: the directory .* not so after 8 s; last answer: .*:636: its certificate is refused: /,
      );
      assert.equal(logIn("erin", passwords.erin).code, 0);
      worksAsBefore();
    });

    it("an issuer whose certificate has expired: up says so after eight seconds, and other issuers work", async () => {
      configure("redoubt:identityProvider", identityProvider("ldap"));
      trust(trusted(outside().issuer, "corp"), trusted(outside().expiredIssuer, "old"));
      const outcome = await up();
      assert.notEqual(outcome.code, 0);
      assert.match(
        outcome.stdout + outcome.stderr,
        /authentication\.oidc\[1\]: the issuer answers .* not so after 8 s; last answer: .*certificate has expired/,
      );
      const token = outside().issuer.token({ aud: "kubernetes", sub: "gina" });
      assert.equal(nameIn(await eventually(() => withToken(token, whoami))), "corp:gina");
      const refused = outside().expiredIssuer.token({ aud: "kubernetes", sub: "gina" });
      assert.match((await withToken(refused, whoami)).stderr, /Unauthorized|must be logged in/);
      assert.equal(logIn("erin", passwords.erin).code, 0);
      worksAsBefore();

      trust(trusted(outside().issuer, "corp"));
      const mended = await up();
      assert.equal(mended.code, 0, mended.stdout + mended.stderr);
    });
  });
}
