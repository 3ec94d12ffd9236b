import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { admittedPodSpec } from "../../../support/admitted-pod";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logins } from "./logins";

interface Claims {
  readonly iss: string;
  readonly aud: readonly string[];
  readonly iat: number;
  readonly exp: number;
}

const part = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split(".")[index] ?? "", "base64url").toString());
const kidOf = (token: string): string => (part(token, 0) as { kid: string }).kid;
const claimsOf = (token: string): Claims => part(token, 1) as Claims;

const account = "verifier";
const namespace = "app";

export function serviceAccountsStory(logins: Logins): void {
  const newToken = (...args: string[]): string =>
    logins.adminText(["create", "token", account, "--namespace", namespace, ...args]).trim();
  const reviewed = (token: string, audiences?: readonly string[]): { authenticated?: boolean } => {
    const review = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, ...(audiences === undefined ? {} : { audiences }) },
    };
    const answer = logins.adminText(["create", "--output=json", "-f", "-"], JSON.stringify(review));
    return (JSON.parse(answer) as { status: { authenticated?: boolean } }).status;
  };
  const isGood = (token: string, audiences?: readonly string[]): boolean =>
    reviewed(token, audiences).authenticated === true;
  /** The API server remembers for ten seconds that a token was good. */
  const assertEnds = async (token: string, audiences?: readonly string[]): Promise<void> => {
    const end = Date.now() + 30_000;
    while (isGood(token, audiences) && Date.now() < end) await sleep(500);
    assert.equal(isGood(token, audiences), false);
  };

  describe("Service accounts", () => {
    before(() => {
      logins.adminText(["create", "serviceaccount", account, "--namespace", namespace]);
    });
    after(() => {
      logins.admin(["delete", "serviceaccount", account, "--namespace", namespace, "--ignore-not-found"]);
    });

    /** Volumes of a running pod that names no account, and whether a token lies in it. */
    const tokenOfPod = (name: string, asks: true | undefined): { volumes: string; file: string } => {
      const manifest = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace },
        spec: admittedPodSpec({
          command: ["/bin/busybox", "sleep", "3600"],
          spec: { automountServiceAccountToken: asks },
        }),
      };
      const pod = ["--namespace", namespace, `pod/${name}`];
      logins.adminText(["create", "-f", "-"], JSON.stringify(manifest));
      try {
        logins.adminText(["wait", ...pod, "--for=condition=Ready", "--timeout=60s"]);
        const look = `test -e /var/run/secrets/kubernetes.io/serviceaccount/token && echo "a token" || echo none`;
        return {
          volumes: logins.adminText(["get", ...pod, "--output=jsonpath={.spec.volumes[*].name}"]),
          file: logins.adminText(["exec", ...pod, "--", "/bin/busybox", "sh", "-c", look]).trim(),
        };
      } finally {
        logins.admin(["delete", ...pod, "--wait=false"]);
      }
    };

    it("give no token to a pod that names no account, unless it asks", () => {
      const path = "jsonpath={.automountServiceAccountToken}";
      for (const place of ["app", "other", "default", "kube-system", "kube-public", "kube-node-lease"]) {
        const answer = logins.adminText(["get", "sa", "default", "--namespace", place, "--output", path]);
        assert.equal(answer, "false", place);
      }
      assert.deepEqual(tokenOfPod("silent", undefined), { volumes: "", file: "none" });
      const { volumes, file } = tokenOfPod("asks", true);
      assert.match(volumes, /^kube-api-access-/);
      assert.equal(file, "a token");
    });

    it("have no token that never expires, and get none", () => {
      const types = logins.adminText(["get", "secrets", "-A", "--output=jsonpath={.items[*].type}"]);
      assert.doesNotMatch(types, /service-account-token/);
      const legacy = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name: "legacy",
          namespace,
          annotations: { "kubernetes.io/service-account.name": account },
        },
        type: "kubernetes.io/service-account-token",
      };
      const refused = logins.admin(["create", "-f", "-"], JSON.stringify(legacy));
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /never expire are refused/);
      const other = { ...legacy, type: "Opaque", metadata: { name: "legacy", namespace } };
      logins.adminText(["create", "-f", "-"], JSON.stringify(other));
      logins.adminText(["delete", "secret", "legacy", "--namespace", namespace]);
    });

    it("log in with their token, under the name of the account", () => {
      const known = logins.who(logins.withToken(newToken()));
      assert.equal(known?.username, `system:serviceaccount:${namespace}:${account}`);
      assert.equal(logins.may(logins.withToken(newToken()), "--namespace", namespace, "get", "pods"), false);
    });

    it("have tokens that are good for their audience and for no other", () => {
      const token = newToken("--audience", "vault");
      assert.deepEqual(claimsOf(token).aud, ["vault"]);
      assert.equal(isGood(token, ["vault"]), true);
      assert.equal(isGood(token, ["other"]), false);
      assert.equal(isGood(token), false);
      assert.equal(logins.who(logins.withToken(token)), undefined);
    });

    it("have tokens that live as long as asked, ten minutes at least, the configured hours at most", () => {
      const lifetime = (token: string): number => claimsOf(token).exp - claimsOf(token).iat;
      assert.equal(lifetime(newToken("--duration", "10m")), 600);
      // What pods ask for; with --service-account-extend-token-expiration it would become a year.
      assert.equal(lifetime(newToken("--duration", "3607s")), 3607);
      assert.equal(lifetime(newToken("--duration", "720h")), 24 * 3600);
      const args = ["create", "token", account, "--namespace", namespace, "--duration", "5m"];
      assert.match(logins.admin(args).stderr, /may not specify a duration less than 10 minutes/);
    });

    it("lose a token with the object that it is bound to, and every token with the account", async () => {
      logins.adminText(["create", "secret", "generic", "bound", "--namespace", namespace]);
      const bound = newToken("--bound-object-kind", "Secret", "--bound-object-name", "bound");
      const free = newToken();
      assert.equal(isGood(bound), true);
      logins.adminText(["delete", "secret", "bound", "--namespace", namespace]);
      await assertEnds(bound);
      assert.equal(isGood(free), true);
      logins.adminText(["delete", "serviceaccount", account, "--namespace", namespace]);
      await assertEnds(free);
      logins.adminText(["create", "serviceaccount", account, "--namespace", namespace]);
      assert.equal(isGood(free), false, "the account is another one now");
    });

    it("are verified outside by what the stack tells: issuer and keys", () => {
      const { issuer, jwks } = logins.outputs.serviceAccountIssuer;
      const token = newToken("--audience", "partner");
      assert.equal(claimsOf(token).iss, issuer);
      const [header = "", payload = "", signature = ""] = token.split(".");
      const jwk = jwks.keys.find(({ kid }) => kid === kidOf(token));
      assert.ok(jwk, "the key that signed is not among those told");
      const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
      const check = (text: string): boolean =>
        verify("sha256", Buffer.from(text), key, Buffer.from(signature, "base64url"));
      assert.equal(check(`${header}.${payload}`), true);
      assert.equal(check(`${header}.${payload.slice(0, -1)}A`), false);
      const served = JSON.parse(logins.adminText(["get", "--raw", "/openid/v1/jwks"])) as object;
      assert.deepEqual(served, jwks);
    });

    it("show their issuer's documents to the groups that are named, and to nobody else of the people", () => {
      const documents = ["/.well-known/openid-configuration", "/openid/v1/jwks"];
      for (const document of documents) {
        assert.equal(logins.may(logins.certificateOf("rita"), "get", "--raw", document), true);
        assert.equal(logins.may(logins.certificateOf("vera"), "get", "--raw", document), false);
      }
    });
  });

  describe("A pod's own token", () => {
    const name = "token-holder";
    const pod = (path: string): string =>
      logins.adminText(["get", "pod", name, "--namespace", namespace, "--output", `jsonpath=${path}`]);
    const running = async (): Promise<void> => {
      const end = Date.now() + 60_000;
      while (pod("{.status.phase}") !== "Running" && Date.now() < end) await sleep(300);
      assert.equal(pod("{.status.phase}"), "Running");
    };
    /** Reads the file that the kubelet keeps fresh for the pod. */
    const projectedToken = (): string => {
      const node = pod("{.spec.nodeName}");
      const file = `/var/lib/kubelet/pods/${pod("{.metadata.uid}")}/volumes/kubernetes.io~projected/token/token`;
      const { code, stdout, stderr } = logins.cluster.ssh(logins.outputs, node, `sudo cat ${file}`);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };

    before(async () => {
      logins.adminText(["create", "serviceaccount", account, "--namespace", namespace]);
      const image = logins
        .adminText([
          "get",
          "deployment",
          "coredns",
          "--namespace",
          "kube-system",
          "--output=jsonpath={.spec.template.spec.containers[0].image}",
        ])
        .replace(/coredns:.*/, "pause");
      const images = logins.adminText([
        "get",
        "nodes",
        "--output=jsonpath={.items[*].status.images[*].names[*]}",
      ]);
      const reference = images.split(" ").find((candidate) => candidate.startsWith(image));
      assert.ok(reference, `no ${image} in ${images}`);
      logins.adminText(
        ["create", "-f", "-"],
        JSON.stringify({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace },
          spec: admittedPodSpec({
            container: {
              name: "pause",
              image: reference,
              imagePullPolicy: "Never",
              volumeMounts: [{ name: "token", mountPath: "/token", readOnly: true }],
            },
            spec: {
              serviceAccountName: account,
              volumes: [
                {
                  name: "token",
                  projected: {
                    sources: [
                      { serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } },
                    ],
                  },
                },
              ],
            },
          }),
        }),
      );
      await running();
    });
    after(() => {
      for (const kind of ["pod/token-holder", `serviceaccount/${account}`]) {
        logins.admin([
          "delete",
          kind,
          "--namespace",
          namespace,
          "--ignore-not-found",
          "--grace-period=0",
          "--force",
        ]);
      }
    });

    it("is for its audience, for ten minutes", () => {
      const token = projectedToken();
      const { aud, iat, exp } = claimsOf(token);
      assert.deepEqual([aud, exp - iat], [["vault"], 600]);
      assert.equal(isGood(token, ["vault"]), true);
      assert.equal(isGood(token), false);
    });

    it("outlives a rotation of the signing key, while the pod runs on", async () => {
      const rotate = async (signingKey: number, acceptedKeys: readonly number[]): Promise<void> => {
        logins.cluster.editConfiguration((block) => {
          Object.assign(block("authentication")["serviceAccounts"] as object, { signingKey, acceptedKeys });
        });
        await logins.up();
      };
      const old = projectedToken();
      const uid = pod("{.metadata.uid}");

      // The new key is accepted first, and signs then.
      await rotate(1, [1, 2]);
      assert.equal(kidOf(newToken()), kidOf(old));
      await rotate(2, [1, 2]);
      const fresh = newToken("--audience", "vault");
      assert.notEqual(kidOf(fresh), kidOf(old));
      assert.equal(isGood(fresh, ["vault"]), true);
      assert.equal(isGood(old, ["vault"]), true);
      assert.equal(logins.outputs.serviceAccountIssuer.jwks.keys.length, 2);

      // The last stage, which a user reaches when the last old token has expired.
      await rotate(2, [2]);
      assert.equal(isGood(old, ["vault"]), false);
      assert.equal(isGood(fresh, ["vault"]), true);
      // Back, because here nobody waited: the cluster's own workloads still hold old ones.
      await rotate(2, [1, 2]);
      assert.equal(isGood(old, ["vault"]), true);

      assert.equal(pod("{.metadata.uid}"), uid);
      assert.equal(pod("{.status.phase} {.status.containerStatuses[0].restartCount}"), "Running 0");
    });

    it("is not endangered by a rotation in one step: up refuses it before anything changes", async () => {
      const start = logins.apiServerStart();
      logins.cluster.editConfiguration((block) => {
        Object.assign(block("authentication")["serviceAccounts"] as object, {
          signingKey: 3,
          acceptedKeys: [3],
        });
      });
      const { code, stderr } = await logins.cluster.npmRun("up");
      assert.notEqual(code, 0);
      assert.match(stderr, /signingKey = 3: would sign before every API server accepts it/);
      assert.match(stderr, /acceptedKeys = \[3\]: drops 2, which signs now/);
      assert.equal(logins.apiServerStart(), start);
      logins.cluster.editConfiguration((block) => {
        Object.assign(block("authentication")["serviceAccounts"] as object, {
          signingKey: 2,
          acceptedKeys: [1, 2],
        });
      });
    });

    it("ends with the pod", async () => {
      const token = projectedToken();
      assert.equal(isGood(token, ["vault"]), true);
      logins.adminText(["delete", "pod", name, "--namespace", namespace, "--grace-period=0", "--force"]);
      await assertEnds(token, ["vault"]);
    });
  });
}
