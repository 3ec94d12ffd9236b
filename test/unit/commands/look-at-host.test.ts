import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withHost } from "../../../commands/look-at-host";
import type { HostAccess } from "../../../drift/stack-state";
import { SshAgent } from "../../support/ssh-agent";
import { freePort } from "../../support/free-port";
import { sshHost } from "../../support/ssh-host";
import { sshKeyPair } from "../../support/ssh-key-pair";

const address = "127.0.0.1";
const hostKey = sshKeyPair("host");
const operator = sshKeyPair("operator");

/** A host that lets everybody with a key in, and answers every command with what it was sent. */
const host = sshHost(hostKey.private, (channel) => {
  channel
    .on("data", (chunk: Buffer) => channel.write(chunk))
    .on("end", () => {
      channel.exit(0);
      channel.end();
    });
});

const look = (access: Partial<HostAccess> & { port: number }, patience?: number): Promise<string> =>
  withHost(
    { host: address, user: "redoubt", privateKey: operator.private, hostKey: hostKey.public, ...access },
    ({ run }) => run("looked"),
    patience,
  );

describe("a look at a host", () => {
  after(() => host.close());

  it("waits for a server that refuses while it reads its configuration again", async () => {
    const port = await freePort();
    const seen = look({ port });
    await sleep(300);
    host.listen(port, address);
    assert.equal(await seen, "looked");
  });

  it("gives up a server that goes on refusing", async () => {
    await assert.rejects(look({ port: await freePort() }, 0.3), { code: "ECONNREFUSED" });
  });

  it("does not try again what shows another key than the pinned one", async () => {
    const { port } = host.address() as AddressInfo;
    const begin = Date.now();
    await assert.rejects(look({ port, hostKey: operator.public }, 60), /verif/i);
    assert.ok(Date.now() - begin < 10_000);
  });

  it("comes again where the server hung up before the login, as one does that has too many", async () => {
    const { port: behind } = host.address() as AddressInfo;
    let connections = 0;
    const busy = createServer((socket) => {
      socket.on("error", () => undefined);
      if (++connections < 3) {
        socket.end("Exceeded MaxStartups\r\n");
        return;
      }
      const through = connect(behind, address);
      through.on("error", () => undefined);
      socket.pipe(through).pipe(socket);
    });
    busy.listen(0, address);
    await once(busy, "listening");
    try {
      assert.equal(await look({ port: (busy.address() as AddressInfo).port }), "looked");
      assert.equal(connections, 3);
    } finally {
      busy.close();
    }
  });

  it("gives up a server that hangs up before the login has ended, every time", async () => {
    const server = createServer((socket) => {
      socket.write("SSH-2.0-gone\r\n");
      socket.once("data", () => socket.end());
    });
    server.listen(0, address);
    await once(server, "listening");
    try {
      await assert.rejects(
        look({ port: (server.address() as AddressInfo).port }, 1),
        /hung up|ended|closed|handshake/i,
      );
    } finally {
      server.close();
    }
  });

  it("goes in by the operator's SSH agent where the stack has no key, as the engine does", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "redoubt-agent-"));
    const agent = new SshAgent(path.join(folder, "agent"));
    writeFileSync(path.join(folder, "key"), operator.private, { mode: 0o600 });
    const before = process.env["SSH_AUTH_SOCK"];
    try {
      await agent.start([path.join(folder, "key")]);
      process.env["SSH_AUTH_SOCK"] = agent.socket;
      const { port } = host.address() as AddressInfo;
      assert.equal(await look({ port, privateKey: undefined }), "looked");
    } finally {
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
      agent.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it("gives up what a bastion can't reach", async () => {
    const { port } = host.address() as AddressInfo;
    const proxy = {
      host: address,
      port,
      user: "redoubt",
      privateKey: operator.private,
      hostKey: hostKey.public,
    };
    await assert.rejects(look({ port: 1, proxy }, 0.3), /Channel open failure|open failed/);
  });
});
