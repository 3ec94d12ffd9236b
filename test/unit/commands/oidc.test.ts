import assert from "node:assert/strict";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { loginWithPassword, renew, type OidcIssuer } from "../../../commands/oidc";
import { makeAuthority, makeServerCertificate } from "../../support/certificates";

/** What the stub's token endpoint answers. */
interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe("a login that goes wrong", () => {
  const authority = makeAuthority("issuer authority");
  const pair = makeServerCertificate(authority, ["IP:127.0.0.1"]);
  const expiredPair = makeServerCertificate(authority, ["IP:127.0.0.1"], 0);
  let answer: Answer = { status: 200, body: {} };
  let asked = "";
  const serve = (certificate: typeof pair): https.Server =>
    https.createServer(
      { cert: certificate.certificate, key: certificate.privateKey },
      (request, response) => {
        const url = `https://${request.headers.host ?? ""}`;
        let body = "";
        request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        request.on("end", () => {
          const isToken = request.url === "/token";
          if (isToken) asked = body;
          const discovery = { issuer: url, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys` };
          response.writeHead(isToken ? answer.status : 200, { "Content-Type": "application/json" });
          response.end(JSON.stringify(isToken ? answer.body : discovery));
        });
      },
    );
  const servers = [serve(pair), serve(expiredPair)];
  const issuer = (index: number, certificateAuthority = authority.certificate): OidcIssuer => {
    const { port } = servers[index]?.address() as AddressInfo;
    return { issuer: `https://127.0.0.1:${port}`, clientId: "redoubt", certificateAuthority };
  };

  before(() =>
    Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)))),
  );
  after(() => {
    for (const server of servers) server.close();
  });

  it("says that the password is wrong, and nothing of it", async () => {
    answer = {
      status: 401,
      body: { error: "access_denied", error_description: "Invalid username or password" },
    };
    await assert.rejects(loginWithPassword(issuer(0), "alice", "hunter2"), (error: Error) => {
      assert.match(error.message, /^wrong user name or password for alice$/);
      return true;
    });
    assert.equal(new URLSearchParams(asked).get("grant_type"), "password");
    assert.equal(new URLSearchParams(asked).get("username"), "alice");
    assert.ok(new URLSearchParams(asked).get("scope")?.split(" ").includes("offline_access"));
  });

  it("says that the issuer can't use its directory", async () => {
    answer = { status: 400, body: { error: "invalid_request", error_description: "Could not login user" } };
    await assert.rejects(
      loginWithPassword(issuer(0), "alice", "x"),
      /it can't use its directory .* Fix: "journalctl -u dex"/,
    );
  });

  it("says what else the issuer said", async () => {
    answer = {
      status: 400,
      body: { error: "invalid_client", error_description: "Invalid client credentials." },
    };
    await assert.rejects(loginWithPassword(issuer(0), "alice", "x"), /refused: Invalid client credentials\./);
  });

  it("says that a renewal was refused", async () => {
    answer = { status: 400, body: { error: "invalid_request", error_description: "Refresh token expired." } };
    await assert.rejects(renew(issuer(0), "old"), /refused: Refresh token expired\./);
    assert.equal(new URLSearchParams(asked).get("grant_type"), "refresh_token");
  });

  it("says that an issuer gave no id token", async () => {
    answer = { status: 200, body: { access_token: "a", token_type: "bearer" } };
    await assert.rejects(loginWithPassword(issuer(0), "alice", "x"), /gave no id token/);
  });

  it("sends no password to a server of another authority, and says so", async () => {
    asked = "";
    const other = makeAuthority("another authority").certificate;
    await assert.rejects(
      loginWithPassword(issuer(0, other), "alice", "hunter2"),
      /is not of the authority that this login trusts/,
    );
    assert.equal(asked, "");
  });

  it("sends no password to a server whose certificate has expired, and says so", async () => {
    asked = "";
    await assert.rejects(
      loginWithPassword(issuer(1), "alice", "hunter2"),
      /the certificate of .* has expired/,
    );
    assert.equal(asked, "");
  });

  it("says that nobody answers", async () => {
    const nobody = {
      issuer: "https://127.0.0.1:1",
      clientId: "redoubt",
      certificateAuthority: authority.certificate,
    };
    await assert.rejects(
      loginWithPassword(nobody, "alice", "x"),
      /can't be reached .* certificates work meanwhile/,
    );
  });
});
