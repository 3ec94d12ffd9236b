import assert from "node:assert/strict";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { ApiClient } from "../../support/api-client";
import { issueTestIdentity } from "../../support/webhook-identity";

const address = "127.0.0.1";
const identity = issueTestIdentity("api-server", address);
const person = issueTestIdentity("person");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const commonName = (socket: Socket): string =>
  socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : "";

describe("the client that asks API servers in tests", () => {
  let url = "";
  const server = https.createServer(
    {
      key: identity.privateKey,
      cert: identity.certificate,
      ca: person.certificateAuthority,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      switch (request.url) {
        case "/readyz":
          return response.end("ok");
        case "/who":
          return response.end(`${commonName(request.socket)}\n`);
        case "/broken":
          return response.writeHead(500).end("no");
        case "/watch":
          return response.write("one\ntwo\nth");
        default:
          return response.socket?.destroy();
      }
    },
  );
  const client = (authority = identity.certificateAuthority): ApiClient =>
    new ApiClient(
      stringify({
        clusters: [{ cluster: { server: url, "certificate-authority-data": base64(authority) } }],
        users: [
          {
            user: {
              "client-certificate-data": base64(person.certificate),
              "client-key-data": base64(person.privateKey),
            },
          },
        ],
      }),
    );
  const lines = async (path: string): Promise<{ status: number | undefined; seen: readonly string[] }> => {
    const seen: string[] = [];
    return { status: await client().get(path, (line) => seen.push(line)), seen };
  };

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    url = `https://${address}:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("comes in by its certificate", async () => {
    assert.deepEqual(await lines("/who"), { status: 200, seen: ["person"] });
  });

  it("sees a server that is ready", async () => {
    assert.equal(await client().isReady(), true);
    assert.equal(await client().isReady(url), true);
  });

  it("sees none where nobody listens, and none that it must not trust", async () => {
    assert.equal(await client().isReady(`https://${address}:1`), false);
    assert.equal(await client(person.certificateAuthority).isReady(), false);
  });

  it("tells a refusal by its status alone, and that a connection was cut off", async () => {
    assert.deepEqual(await lines("/broken"), { status: 500, seen: [] });
    assert.deepEqual(await lines("/cut-off"), { status: undefined, seen: [] });
  });

  it("hands on whole lines while they come, until it is told to stop", async () => {
    const seen: string[] = [];
    const end = new AbortController();
    const onLine = (line: string): void => {
      seen.push(line);
      if (line === "two") end.abort();
    };
    assert.equal(await client().get("/watch", onLine, { signal: end.signal }), undefined);
    assert.deepEqual(seen, ["one", "two"]);
  });
});
