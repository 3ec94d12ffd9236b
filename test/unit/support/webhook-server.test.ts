import assert from "node:assert/strict";
import https from "node:https";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { issueTestIdentity, type TestIdentity } from "../../support/webhook-identity";
import { WebhookServer } from "../../support/webhook-server";

const address = "127.0.0.1";
const port = 20_000 + (process.pid % 20_000);
const identity = issueTestIdentity("webhook", address);
const client = issueTestIdentity("api-server");

function post(route: string, who?: TestIdentity): Promise<{ status: number | undefined; text: string }> {
  const shown = who === undefined ? {} : { cert: who.certificate, key: who.privateKey };
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: address,
        port,
        path: route,
        method: "POST",
        ca: identity.certificateAuthority,
        agent: false,
        ...shown,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode, text });
        });
      },
    );
    request.on("error", reject).end('{"question":1}');
  });
}

describe("the webhook server of the tests", () => {
  const server = new WebhookServer({
    identity,
    clientAuthority: client.certificateAuthority,
    address,
    port,
    handlersModule: path.join(__dirname, "webhook-handlers.fixture.ts"),
  });
  before(() => server.start());
  after(() => server.close());

  it("answers a client of the right authority, and tells who it was", async () => {
    assert.deepEqual(await post("/echo?timeout=10s", client), {
      status: 200,
      text: '{"echo":{"question":1}}',
    });
    assert.deepEqual(await server.takeRequests(), [
      { path: "/echo", client: "api-server", body: { question: 1 } },
    ]);
    assert.deepEqual(await server.takeRequests(), []);
  });

  it("does not know other paths", async () => {
    assert.equal((await post("/other", client)).status, 404);
  });

  it("lets in no client of another authority, and none without a certificate", async () => {
    await server.takeRequests();
    await assert.rejects(post("/echo", issueTestIdentity("api-server")));
    await assert.rejects(post("/echo"));
    assert.deepEqual(await server.takeRequests(), []);
  });

  it("is as slow as it is told", async () => {
    await server.delay(300);
    const start = Date.now();
    await post("/echo", client);
    assert.ok(Date.now() - start >= 300);
    await server.delay(0);
  });

  it("is down when it is told, and up again", async () => {
    await server.stop();
    await assert.rejects(post("/echo", client), /ECONNREFUSED/);
    await server.start();
    assert.equal((await post("/echo", client)).status, 200);
  });
});
