import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { issueTestIdentity, type TestIdentity } from "../../../support/webhook-identity";
import { WebhookServer } from "../../../support/webhook-server";
import type { Logins } from "./logins";
import { reviewedToken } from "./webhook-handlers";

/** Where the tests' server listens; the machines reach this box by its address in their network. */
export const webhookPort = 18_443;

/**
 * @param identity What the server shows; made when its address is known.
 * @param otherLogin A kubeconfig that must work whatever the server does.
 */
export function webhookStory(logins: Logins, identity: () => TestIdentity, otherLogin: () => string): void {
  const makeServer = (clientAuthority: string): WebhookServer =>
    new WebhookServer({
      identity: identity(),
      clientAuthority,
      address: logins.boxAddress,
      port: webhookPort,
      handlersModule: path.join(__dirname, "webhook-handlers.ts"),
    });
  const bearerOf = (text: string, username = "wanda"): string =>
    logins.withToken(reviewedToken(username, text));
  const assertOthersWork = (): void => {
    const start = Date.now();
    assert.equal(logins.who(logins.certificateOf("vera"))?.username, "vera");
    assert.ok(logins.who(otherLogin()));
    assert.ok(Date.now() - start < 5000, "other logins waited for the webhook");
  };

  describe("Webhook token review", () => {
    let server: WebhookServer;
    before(async () => {
      server = makeServer(logins.outputs.webhookClientAuthority);
      await server.start();
    });
    after(() => server.close());

    it("lets in who the server vouches for, as the server says, with the rights of the groups", async () => {
      const wanda = bearerOf("first");
      const known = logins.who(wanda);
      assert.equal(known?.username, "wanda");
      assert.equal(known.uid, "4711");
      assert.ok(known.groups.includes("app-viewers"));
      assert.equal(logins.may(wanda, "--namespace", "app", "get", "pods"), true);
      assert.equal(logins.may(wanda, "--namespace", "app", "get", "secrets"), false);
      const [request] = await server.takeRequests();
      assert.equal(request?.client, `kube-apiserver-${logins.controlPlane}`);
      assert.equal((request.body as { apiVersion: string }).apiVersion, "authentication.k8s.io/v1");
    });

    it("refuses who the server does not know", () => {
      assert.equal(logins.who(logins.withToken("nobodys-token-0123456789abcdef")), undefined);
    });

    it("refuses when the server is too slow; other logins do not wait", async () => {
      await server.delay(90_000);
      // The API server gives up after thirty seconds.
      assert.equal(logins.who(bearerOf("slow"), 60), undefined);
      assertOthersWork();
      await server.delay(0);
      assert.equal(logins.who(bearerOf("quick"))?.username, "wanda");
    });

    it("refuses when the server is down; other logins work", async () => {
      await server.stop();
      assert.equal(logins.who(bearerOf("down")), undefined);
      assertOthersWork();
    });

    it("refuses when the server takes the API server for somebody else", async () => {
      const stranger = makeServer(issueTestIdentity("another").certificateAuthority);
      await stranger.start();
      assert.equal(logins.who(bearerOf("stranger")), undefined);
      assert.deepEqual(await stranger.takeRequests(), []);
      await stranger.close();
    });

    it("refuses a server that another authority vouches for", async () => {
      const impostor = new WebhookServer({
        identity: issueTestIdentity("webhook", logins.boxAddress),
        clientAuthority: logins.outputs.webhookClientAuthority,
        address: logins.boxAddress,
        port: webhookPort,
        handlersModule: path.join(__dirname, "webhook-handlers.ts"),
      });
      await impostor.start();
      assert.equal(logins.who(bearerOf("impostor")), undefined);
      assert.deepEqual(await impostor.takeRequests(), []);
      await impostor.close();
    });

    it("works again when the server is back", async () => {
      await server.start();
      assert.equal(logins.who(bearerOf("back"))?.username, "wanda");
    });
  });
}
