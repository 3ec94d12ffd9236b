import assert from "node:assert/strict";
import https from "node:https";
import { TLSSocket } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServedRequest, WebhookHandlers, WebhookOrder } from "./webhook-server";
import { obeyOrders } from "./server-process";

/*
 * The process behind `WebhookServer`: it takes orders of its parent, one at a time, and answers each.
 */

let server: https.Server | undefined;
let latencyMilliseconds = 0;
const served: ServedRequest[] = [];

async function readBody(request: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function listen(order: Extract<WebhookOrder, { what: "start" }>, handlers: WebhookHandlers): Promise<void> {
  const { identity, address, port, clientAuthority } = order;
  const started = https.createServer(
    // Who shows no certificate of that authority does not come through the handshake.
    {
      cert: identity.certificate,
      key: identity.privateKey,
      ca: clientAuthority,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      void (async () => {
        const path = request.url?.split("?")[0] ?? "";
        assert.ok(request.socket instanceof TLSSocket);
        const client = String(request.socket.getPeerCertificate().subject.CN);
        const body = await readBody(request);
        served.push({ path, client, body });
        await sleep(latencyMilliseconds);
        const handler = handlers[path];
        const answer = handler === undefined ? undefined : handler(body);
        response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(answer ?? {}));
      })().catch(() => response.writeHead(400).end());
    },
  );
  server = started;
  return new Promise((resolve, reject) => {
    started.once("error", reject).listen(port, address, resolve);
  });
}

function close(): Promise<void> {
  const closing = server;
  server = undefined;
  if (closing === undefined) return Promise.resolve();
  // Kept-alive connections would go on being answered.
  closing.closeAllConnections();
  return new Promise((resolve) =>
    closing.close(() => {
      resolve();
    }),
  );
}

async function obey(order: WebhookOrder): Promise<ServedRequest[]> {
  switch (order.what) {
    case "start": {
      const { handlers } = (await import(order.handlersModule)) as { handlers: WebhookHandlers };
      await listen(order, handlers);
      return [];
    }
    case "stop":
      await close();
      return [];
    case "delay":
      latencyMilliseconds = order.milliseconds;
      return [];
    case "take-requests":
      return served.splice(0);
  }
}

obeyOrders(obey);
