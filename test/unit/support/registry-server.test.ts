import assert from "node:assert/strict";
import https from "node:https";
import { after, before, describe, it } from "node:test";
import { makeAuthority, makeServerCertificate } from "../../support/certificates";
import { RegistryServer } from "../../support/registry-server";

const address = "127.0.0.1";
const port = 20_000 + (process.pid % 20_000);
const authority = makeAuthority("registries");
const login = { username: "me", password: "word" };
const basic = `Basic ${Buffer.from("me:word").toString("base64")}`;

function get(door: number, route: string, authorization?: string): Promise<[number | undefined, string]> {
  const headers = authorization === undefined ? {} : { authorization };
  const where = { host: address, port: door, path: route, ca: authority.certificate, agent: false, headers };
  return new Promise((resolve, reject) => {
    https
      .get(where, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          resolve([response.statusCode, text || (response.headers["www-authenticate"] ?? "")]);
        });
      })
      .on("error", reject);
  });
}

describe("the registries of the tests", () => {
  const server = new RegistryServer();
  before(async () => {
    const identity = makeServerCertificate(authority, [`IP:${address}`]);
    const doors = [
      { port, identity, login: { ...login, scheme: "basic" } as const },
      { port: port + 1, identity, login: { ...login, scheme: "token" } as const },
    ];
    const manifest = Buffer.from("manifest").toString("base64");
    await server.start({
      address,
      doors,
      image: { manifest, mediaType: "x/y", blobs: { "sha256:1": manifest } },
    });
  });
  after(() => server.close());

  it("give who logs in the manifest of every tag, and what it names", async () => {
    assert.deepEqual(await get(port, "/v2/team/app/manifests/1?ns=a", basic), [200, "manifest"]);
    assert.deepEqual(await get(port, "/v2/team/app/blobs/sha256:1", basic), [200, "manifest"]);
    assert.equal((await get(port, "/v2/team/app/blobs/sha256:2", basic))[0], 404);
    const [first] = await server.takeRequests();
    const url = "/v2/team/app/manifests/1?ns=a";
    assert.deepEqual(first, { port, method: "GET", url, admitted: true });
  });

  it("give nothing to who does not, or by another password, and say how", async () => {
    const wrong = `Basic ${Buffer.from("me:ward").toString("base64")}`;
    for (const shown of [undefined, wrong]) {
      assert.deepEqual(await get(port, "/v2/", shown), [401, 'Basic realm="registry"']);
    }
    assert.deepEqual(
      (await server.takeRequests()).map(({ admitted }) => admitted),
      [false, false],
    );
  });

  it("send to a server of tokens, which knows passwords alone, and go by its tokens alone", async () => {
    const door = port + 1;
    assert.match((await get(door, "/v2/", basic))[1], /^Bearer realm="https:\/\/127\.0\.0\.1:\d+\/token"/);
    assert.equal((await get(door, "/token"))[0], 401);
    const { token } = JSON.parse((await get(door, "/token", basic))[1]) as { token: string };
    assert.equal((await get(door, "/v2/", `Bearer ${token}`))[0], 200);
    assert.equal((await get(door, "/v2/", "Bearer another"))[0], 401);
  });
});
