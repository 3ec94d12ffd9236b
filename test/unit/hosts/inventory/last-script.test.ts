import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it, mock } from "node:test";
import { withNotices } from "../../../../commands/notices";
import { freePort } from "../../../support/free-port";
import { sshHost } from "../../../support/ssh-host";
import { sshKeyPair } from "../../../support/ssh-key-pair";

const address = "127.0.0.1";
const hostKey = sshKeyPair("host");
const operator = sshKeyPair("operator");
const root = path.join(__dirname, "../../../..");

describe("the last script on a host that leaves", () => {
  const received: string[] = [];
  let exitCode = 0;
  const host = sshHost(hostKey.private, (channel) => {
    let script = "";
    channel
      .on("data", (chunk: Buffer) => (script += chunk.toString()))
      .on("end", () => {
        received.push(script);
        channel.exit(exitCode);
        channel.end();
      });
  });
  before(async () => {
    host.listen(0, address);
    await once(host, "listening");
  });
  after(() => host.close());

  const run = async (port: number, notices?: string): Promise<{ code: unknown; stderr: string }> => {
    const login = { host: address, port, user: "redoubt", hostKey: hostKey.public };
    const order = { connection: { ...login, privateKey: operator.private }, script: "stop it\n" };
    const program = path.join(root, "components/hosts/inventory/run-last-script.ts");
    const env = { ...process.env, REDOUBT_NOTICES: notices };
    const child = spawn(process.execPath, ["--import", "tsx", program], { cwd: root, env });
    child.stdin.end(JSON.stringify(order));
    const said = text(child.stderr);
    const closed: unknown[] = await once(child, "close");
    return { code: closed[0], stderr: await said };
  };

  it("runs there", async () => {
    const { port } = host.address() as AddressInfo;
    assert.deepEqual(await run(port), { code: 0, stderr: "" });
    assert.deepEqual(received, ["stop it\n"]);
  });

  it("leaves word for the up that it is part of, because the engine shows nothing of what it says", async () => {
    let told = "";
    const write = mock.method(process.stderr, "write", (text: string) => Boolean((told += text)));
    try {
      await withNotices({}, async ({ REDOUBT_NOTICES: file }) => {
        const { code, stderr } = await run(await freePort(), file);
        assert.deepEqual([code, told], [0, ""]);
        assert.match(stderr, /switch it off/);
      });
    } finally {
      write.mock.restore();
    }
    assert.match(
      told,
      /^warning: the host that leaves was not told to stop, so switch it off: .*ECONNREFUSED.*\n$/,
    );
  });

  it("lets the host go where it fails, and says so", async () => {
    const { port } = host.address() as AddressInfo;
    exitCode = 1;
    const { code, stderr } = await run(port);
    assert.equal(code, 0);
    assert.match(stderr, /was not told to stop, so switch it off: the host said/);
  });

  it("lets a host go that is off", async () => {
    const { code, stderr } = await run(await freePort());
    assert.equal(code, 0);
    assert.match(stderr, /switch it off: redoubt@127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  });
});
