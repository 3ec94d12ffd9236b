import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { deviceLogin } from "../../support/browser";
import { runProgram, type ClusterOutputs, type TestCluster } from "../../support/cluster";
import { bindPassword, identityBench, passwords } from "../../support/identity-bench";
import { claimsOf, unsignedToken } from "../../support/oidc-issuer";
import { identityProviderStory } from "./identity-provider";

/** People with passwords and in a directory: how they get in, how far, and what keeps others out. */
export function identityStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const bench = identityBench(cluster, outputs);
  const {
    file,
    controlPlane,
    onControlPlane,
    environment,
    npm,
    logIn,
    session,
    as,
    withToken,
    whoami,
    nameIn,
    eventually,
    configure,
    up,
    identityProvider,
    trusted,
    trust,
    outside,
  } = bench;

  describe("People with passwords, and in a directory", () => {
    before(bench.start);
    after(bench.stop);

    it("come to a running cluster by an up; a password that is not secret configuration is refused before", async () => {
      configure("redoubt:identityProvider", identityProvider("local"));
      const withoutPasswords = await up();
      assert.notEqual(withoutPasswords.code, 0);
      const said = withoutPasswords.stdout + withoutPasswords.stderr;
      assert.match(
        said,
        /staticUsers = "alice": has no password\. Fix: run npm run password -- --user alice/,
      );
      assert.match(said, /ldap\.bindDN = .*: has no password\. Fix: /);

      const set = npm(["password", "--", "--stack", cluster.stack, "--user", "alice"], passwords.alice);
      assert.equal(set.code, 0, set.stderr);
      configure("redoubt:secrets.ldapBindPassword", bindPassword, true);
      trust(trusted(outside().issuer, "corp"));
      // The server of an earlier story is gone; asking it would make every refusal here slow.
      cluster.editConfiguration((block) => {
        delete block("authentication")["webhook"];
      });
      const outcome = await up();
      assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
      const login = cluster.pulumi(["stack", "output", "login", "--json"]);
      writeFileSync(file("target"), login.stdout);
      const { certificateAuthority } = JSON.parse(login.stdout) as { certificateAuthority: string };
      writeFileSync(file("ca.crt"), certificateAuthority);
    });

    it("keep passwords out of the state, but for their hash in what is secret there", () => {
      const state = cluster.exportedState();
      for (const secret of [...Object.values(passwords), bindPassword, "$2b$12$"]) {
        assert.ok(!state.includes(secret));
      }
    });

    describe("a static user", () => {
      it("logs in with the right password, and is who the prefix says", async () => {
        const outcome = logIn("alice", passwords.alice);
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.equal(nameIn(await eventually(() => as("alice", whoami))), "oidc:alice");
      });

      it("may do what she is bound to, and no more", () => {
        assert.equal(as("alice", ["-n", "app", "get", "pods"]).code, 0);
        assert.match(as("alice", ["-n", "app", "get", "secrets"]).stderr, /User "oidc:alice" cannot list/);
        assert.match(as("alice", ["-n", "app", "delete", "pod", "web"]).stderr, /Forbidden/);
        assert.match(as("alice", ["-n", "other", "get", "pods"]).stderr, /Forbidden/);
        assert.match(
          as("alice", ["-n", "redoubt-dex", "get", "refreshtokens.dex.coreos.com"]).stderr,
          /Forbidden/,
        );
      });

      it("is kept out with a wrong password, and so is somebody whom nobody knows", () => {
        for (const [user, password] of [
          ["alice", "not-her-password"],
          ["mallory", passwords.alice],
        ] as const) {
          const outcome = logIn(user, password);
          assert.notEqual(outcome.code, 0);
          assert.match(outcome.stderr, new RegExp(`wrong user name or password for ${user}`));
          assert.doesNotMatch(outcome.stderr, new RegExp(password));
        }
      });

      it("is named in the audit log", () => {
        const found = onControlPlane(
          `sudo grep '"username":"oidc:alice"' /var/log/kubernetes/audit.log | grep -c '"resource":"pods"'`,
        );
        assert.ok(Number(found.stdout) > 0, found.stderr);
      });

      it("has a kubeconfig without a secret, and tokens that only she can read", () => {
        const kubeconfig = readFileSync(file("alice"), "utf8");
        assert.match(kubeconfig, /client\.authentication\.k8s\.io\/v1/);
        for (const secret of [passwords.alice, session("alice").idToken, session("alice").refreshToken]) {
          assert.ok(!kubeconfig.includes(secret));
        }
        const mode = runProgram("stat", ["--format", "%a", session("alice").path]);
        assert.equal(mode.stdout.trim(), "600");
      });
    });

    describe("kubectl", () => {
      const endToken = (user: string): void => {
        const { path: where } = session(user);
        const known = JSON.parse(readFileSync(where, "utf8")) as Record<string, unknown>;
        writeFileSync(where, JSON.stringify({ ...known, expiresAt: new Date().toISOString() }));
      };

      /** The token that kubectl gets of the plugin in its kubeconfig. */
      const credentialOf = async (user: string): Promise<string> => {
        const plugin = path.join(__dirname, "../../../commands/credential.cjs");
        const { stdout } = await promisify(execFile)("node", [plugin, session(user).path]);
        return (JSON.parse(stdout) as { status: { token: string } }).status.token;
      };

      it("renews a token that ends by itself, once for all who ask at once", async () => {
        const old = session("alice");
        endToken("alice");
        // Five kubectl at the same moment: each asks its plugin, which says by what token it goes.
        const given = await Promise.all(Array.from({ length: 5 }, () => credentialOf("alice")));
        const [token] = given;
        assert.ok(token !== undefined && token !== old.idToken);
        assert.deepEqual([...new Set(given)], [token]);
        assert.equal(session("alice").idToken, token);

        endToken("alice");
        assert.equal(nameIn(as("alice", whoami)), "oidc:alice");
        const fresh = session("alice");
        assert.notEqual(fresh.idToken, old.idToken);
        assert.notEqual(fresh.refreshToken, old.refreshToken);
      });

      it("renews after Dex was restarted: sessions and signing keys outlive it", async () => {
        const token = session("alice").idToken;
        assert.equal(onControlPlane("sudo systemctl restart dex").code, 0);
        const keys = `curl --silent --fail --cacert /etc/kubernetes/pki/ca.crt https://${controlPlane().address}:5556/dex/keys`;
        assert.equal((await eventually(() => onControlPlane(keys))).code, 0);
        endToken("alice");
        assert.equal(nameIn(as("alice", whoami)), "oidc:alice");
        assert.equal(nameIn(await withToken(token, whoami)), "oidc:alice");
      });

      it("says what to do when the login has ended", () => {
        const current = session("alice");
        const copy = file("stolen");
        const known = JSON.parse(readFileSync(current.path, "utf8")) as Record<string, unknown>;
        const used = {
          ...known,
          refreshToken: `${current.refreshToken.slice(0, -6)}AAAAAA`,
          expiresAt: "2020-01-01T00:00:00Z",
        };
        writeFileSync(copy, JSON.stringify(used));
        const outcome = runProgram("node", ["commands/credential.cjs", copy]);
        assert.equal(outcome.code, 1);
        assert.match(outcome.stderr, /the login has ended .* Fix: run npm run login -- .*--user alice/);
      });
    });

    describe("somebody of the directory", () => {
      it("logs in with a browser, and their group reaches the roles", async () => {
        const args = ["--target", file("target"), "--user", "erin", "--device", "--kubeconfig", file("erin")];
        const outcome = await deviceLogin({
          args,
          env: environment(),
          authorityFile: file("ca.crt"),
          connector: "ldap",
          password: passwords.erin,
        });
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.equal(nameIn(await eventually(() => as("erin", whoami))), "ldap:erin");
        assert.equal(as("erin", ["-n", "app", "get", "pods"]).code, 0);
        assert.match(as("erin", ["-n", "app", "get", "secrets"]).stderr, /User "ldap:erin" cannot list/);
        assert.match(as("erin", ["-n", "other", "get", "pods"]).stderr, /Forbidden/);
      });

      it("logs in on the terminal when it is the directory's turn there", async () => {
        configure("redoubt:identityProvider", identityProvider("ldap"));
        const changed = await up();
        assert.equal(changed.code, 0, changed.stdout + changed.stderr);
        writeFileSync(file("target"), cluster.pulumi(["stack", "output", "login", "--json"]).stdout);
        assert.equal(logIn("erin", passwords.erin).code, 0);
        assert.equal(logIn("frank", passwords.frank).code, 0);
        assert.equal(as("erin", ["-n", "app", "get", "pods"]).code, 0);
        assert.match(as("frank", ["-n", "app", "get", "pods"]).stderr, /User "ldap:frank" cannot list/);
      });

      it("is kept out with a wrong password", () => {
        const outcome = logIn("erin", passwords.frank);
        assert.notEqual(outcome.code, 0);
        assert.match(outcome.stderr, /wrong user name or password for erin/);
      });

      it("is never taken for a static user of the same name", () => {
        assert.equal(logIn("alice", passwords.frank).code, 0);
        assert.equal(nameIn(as("alice", whoami)), "ldap:alice");
        assert.match(as("alice", ["-n", "app", "get", "pods"]).stderr, /User "ldap:alice" cannot list/);
      });

      it("is named in the audit log", () => {
        const found = onControlPlane(`sudo grep -c '"username":"ldap:erin"' /var/log/kubernetes/audit.log`);
        assert.ok(Number(found.stdout) > 0);
      });
    });

    describe("a token of an issuer outside", () => {
      const good = { aud: "kubernetes", sub: "gina", groups: ["engineers"] };

      it("names a person and groups behind the issuer's prefix", async () => {
        const outcome = await eventually(() => withToken(outside().issuer.token(good), whoami));
        const { userInfo } = (
          JSON.parse(outcome.stdout) as { status: { userInfo: { username: string; groups: string[] } } }
        ).status;
        assert.equal(userInfo.username, "corp:gina");
        assert.ok(userInfo.groups.includes("corp:engineers"));
        // A group of another source of the same name opens nothing.
        assert.match(
          (await withToken(outside().issuer.token(good), ["-n", "app", "get", "pods"])).stderr,
          /User "corp:gina" cannot list/,
        );
      });

      const now = Math.floor(Date.now() / 1000);
      const wrong: readonly (readonly [string, () => string])[] = [
        ["is for somebody else", () => outside().issuer.token({ ...good, aud: "another-client" })],
        ["has expired", () => outside().issuer.token({ ...good, exp: now - 60 })],
        [
          "is signed by a key that the issuer does not publish",
          () => outside().issuer.token(good, "foreign"),
        ],
        ["is not signed", () => unsignedToken({ iss: outside().issuer.url, exp: now + 3600, ...good })],
        [
          "bears the name of an issuer that nobody trusts",
          () => outside().issuer.token({ ...good, iss: "https://192.0.2.1" }),
        ],
        ["names nobody", () => outside().issuer.token({ aud: "kubernetes" })],
      ];
      for (const [what, token] of wrong) {
        it(`is refused when it ${what}`, async () => {
          assert.match((await withToken(token(), whoami)).stderr, /Unauthorized|must be logged in/);
        });
      }

      it("of Dex is refused when it is not signed, or says more than was signed", async () => {
        const { idToken } = session("erin");
        const claims = { ...claimsOf(idToken), groups: ["others"] };
        const [header, , signature] = idToken.split(".");
        const forged = `${header ?? ""}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature ?? ""}`;
        assert.equal(nameIn(await withToken(idToken, whoami)), "ldap:erin");
        for (const token of [unsignedToken(claims), forged]) {
          assert.match((await withToken(token, whoami)).stderr, /Unauthorized|must be logged in/);
        }
      });
    });

    identityProviderStory(cluster, outputs, bench);
  });
}
