import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { staticTokenRisk } from "../../../components/config/authentication-settings";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";
import { issueTestIdentity, type TestIdentity } from "../../support/webhook-identity";
import { bootstrapTokensStory } from "./authentication/bootstrap-tokens";
import { certificatesStory, withdrawnUsers } from "./authentication/certificates";
import { Logins } from "./authentication/logins";
import { serviceAccountsStory } from "./authentication/service-accounts";
import { staticTokensStory, staticUser } from "./authentication/static-tokens";
import { webhookPort, webhookStory } from "./authentication/webhook";
import { fingerprintCommand } from "./convergence";

/** Every way to log in but OIDC, switched on in a running cluster, all at once: a right login and wrong ones of each. */
export function authenticationStory(cluster: TestCluster, before: () => ClusterOutputs): void {
  const logins = new Logins(cluster);
  const token = randomBytes(32).toString("hex");
  const bootstrappers: string[] = [];
  let made: TestIdentity | undefined;
  const webhookIdentity = (): TestIdentity => (made ??= issueTestIdentity("webhook", logins.boxAddress));

  describe("Ways to log in", () => {
    it("are switched on in a running cluster by one up, which touches no worker", async () => {
      const { nodeTable } = before();
      const workers = (): string[] =>
        nodeTable
          .filter(({ role }) => role === "worker")
          .map(({ name }) => cluster.ssh(before(), name, fingerprintCommand).stdout);
      const untouched = workers();
      assert.ok(untouched.every((text) => text.length > 1000));
      logins.cluster.editConfiguration((block) => {
        Object.assign(block("authentication"), {
          staticTokens: { acknowledgeRisk: staticTokenRisk, users: [staticUser] },
          bootstrapTokens: true,
          serviceAccounts: { discoveryGroups: ["auditors"] },
          webhook: {
            server: `https://${logins.boxAddress}:${webhookPort}/authenticate`,
            certificateAuthority: webhookIdentity().certificateAuthority,
            cacheTtlSeconds: 5,
          },
        });
        block("access")["users"] = [...(block("access")["users"] as object[]), ...withdrawnUsers];
      });
      logins.setSecret(`redoubt:secrets.staticTokens.${staticUser.name}`, token);
      await logins.up();
      assert.deepEqual(workers(), untouched);
    });

    it("are refused before anything changes when they are wrong", async () => {
      const start = logins.apiServerStart();
      logins.cluster.editConfiguration((block) => {
        (block("authentication")["staticTokens"] as { users: object[] }).users.push(staticUser, {
          name: "eve",
          groups: ["system:masters"],
        });
      });
      const { code, stdout, stderr } = await cluster.npmRun("up");
      logins.cluster.editConfiguration((block) => {
        (block("authentication")["staticTokens"] as { users: object[] }).users.splice(1);
      });
      assert.notEqual(code, 0);
      const said = stdout + stderr;
      assert.match(said, /staticTokens\.users = "robot": is there twice/);
      assert.match(said, /staticTokens\.users = "system:masters": is a name of the cluster's own/);
      assert.match(said, /secrets\.staticTokens\.eve: is missing/);
      assert.equal(logins.apiServerStart(), start);
    });

    staticTokensStory(logins, token);
    certificatesStory(logins);
    bootstrapTokensStory(logins, (username) => bootstrappers.push(username));
    serviceAccountsStory(logins);
    webhookStory(logins, webhookIdentity, () => logins.withToken(token));

    it("leave each user's name in the audit log", () => {
      const [bootstrapper] = bootstrappers;
      assert.ok(bootstrapper, "nobody logged in with a bootstrap token");
      const names = ["vera", staticUser.name, bootstrapper, "system:serviceaccount:app:verifier", "wanda"];
      assert.deepEqual(
        names.filter((name) => !logins.isAudited(name)),
        [],
      );
      assert.equal(logins.isAudited("nobody-logged-in-as-this"), false);
    });
  });
}
