import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { SshClient } from "../../../../components/hosts/inventory/ssh-client";
import { sshHost } from "../../../support/ssh-host";
import { sshKeyPair } from "../../../support/ssh-key-pair";

const address = "127.0.0.1";
const hostKey = sshKeyPair("host");
const operator = sshKeyPair("operator");

describe("a login that brings a host something", () => {
  const host = sshHost(hostKey.private, (channel) => {
    channel
      .on("data", (chunk: Buffer) => channel.write(chunk))
      .on("end", () => {
        channel.exit(0);
        channel.end();
      });
  });
  let connections = 0;
  let dropped = 0;
  /** Stands before the host and hangs up on the first ones, as sshd does that has too many logins under way. */
  const busy = createServer((socket) => {
    socket.on("error", () => undefined);
    if (++connections <= dropped) {
      socket.end("Exceeded MaxStartups\r\n");
      return;
    }
    const through = connect((host.address() as AddressInfo).port, address);
    through.on("error", () => undefined);
    socket.pipe(through).pipe(socket);
  });
  before(async () => {
    host.listen(0, address);
    busy.listen(0, address);
    await Promise.all([once(host, "listening"), once(busy, "listening")]);
  });
  after(() => {
    host.close();
    busy.close();
  });

  const logIn = (patience: number): Promise<SshClient> => {
    connections = 0;
    const { port } = busy.address() as AddressInfo;
    const login = { host: address, port, user: "redoubt", hostKey: hostKey.public };
    return SshClient.connect({ ...login, privateKey: operator.private }, patience);
  };

  it("is tried again where the server hung up before it", async () => {
    dropped = 2;
    const client = await logIn(10_000);
    assert.equal(await client.run("cat", Readable.from(["there"])), "there");
    assert.equal(connections, 3);
    client.close();
  });

  it("is given up, with the host's name, when the server goes on like that", async () => {
    dropped = 100;
    await assert.rejects(logIn(1000), /^Error: redoubt@127\.0\.0\.1:\d+: .*(lost|hung up|reset)/i);
    assert.ok(connections > 1);
  });
});
