import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import type { ConnectConfig } from "ssh2";
import { freePort } from "../../support/free-port";
import { sshHost } from "../../support/ssh-host";
import { sshKeyPair } from "../../support/ssh-key-pair";
import { logsIn } from "../../support/ssh-login";

/** Milliseconds in which a server on this box has said something. */
const patience = 2000;

describe("A login", () => {
  const somebody = sshKeyPair("somebody");
  const host = sshHost(sshKeyPair("host").private, () => undefined);
  const login = (port: number, how: ConnectConfig): ConnectConfig => ({
    ...{ host: "127.0.0.1", port, username: "somebody" },
    ...how,
  });
  let port: number;
  before(async () => {
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    port = (host.address() as AddressInfo).port;
  });
  after(() => {
    host.close();
  });

  it("is let in or refused by the server's word", async () => {
    assert.equal(await logsIn(login(port, { privateKey: somebody.private }), patience), true);
    assert.equal(await logsIn(login(port, { password: "hunter2" }), patience), false);
  });

  it("is not refused by a server that is not there", async () => {
    const nobody = login(await freePort(), { password: "hunter2" });
    await assert.rejects(logsIn(nobody, 100), /neither lets in nor refuses/);
  });

  it("is not refused by a server that hangs up, and is tried again", async () => {
    let connections = 0;
    const silent = net.createServer((socket) => {
      connections += 1;
      socket.end("Not allowed at this time\r\n");
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port: itsPort } = silent.address() as AddressInfo;
    await assert.rejects(logsIn(login(itsPort, { password: "hunter2" }), 200), /neither lets in nor refuses/);
    silent.close();
    assert.ok(connections >= 2);
  });
});
