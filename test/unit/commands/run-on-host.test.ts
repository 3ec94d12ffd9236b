import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { withHost, type HostSession } from "../../../commands/look-at-host";
import { whenWhole } from "../../../components/plan/whole-script";
import { sshHost } from "../../support/ssh-host";
import { sshKeyPair } from "../../support/ssh-key-pair";

const address = "127.0.0.1";
const hostKey = sshKeyPair("host");
const operator = sshKeyPair("operator");

/** A host that runs what it is sent by bash, as this user. */
const host = sshHost(hostKey.private, (channel, connection) => {
  const bash = spawn("bash", ["-s"]);
  // As sshd does when who asked is gone: what nobody reads would wait for ever.
  connection.on("close", () => bash.kill("SIGKILL"));
  // It may end before it has read all that it is sent.
  bash.stdin.on("error", () => undefined);
  channel.pipe(bash.stdin);
  bash.stdout.pipe(channel, { end: false });
  bash.stderr.pipe(channel.stderr, { end: false });
  bash.on("close", (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
});

const what = "the test";
const onHost = <Result>(use: (session: HostSession) => Promise<Result>): Promise<Result> =>
  withHost(
    {
      host: address,
      port: (host.address() as AddressInfo).port,
      user: "redoubt",
      privateKey: operator.private,
      hostKey: hostKey.public,
    },
    use,
  );
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
/** More than the window of a channel of SSH, of every byte. */
const large = randomBytes(12 * 1024 * 1024);

describe("a script on a host", () => {
  before(async () => {
    host.listen(0, address);
    await once(host, "listening");
  });
  after(() => host.close());

  it("sends bytes as they are, more than a channel holds at once", async () => {
    const size = 12_000_000;
    const into = new PassThrough();
    const all = buffer(into);
    const script = `head --bytes=${size} /dev/zero | tr '\\0' '\\377'\n`;
    await onHost(({ stream }) => stream(script, { what, quietSeconds: 20, into }));
    assert.equal(sha256(await all), sha256(Buffer.alloc(size, 0xff)));
  });

  it("is sent no faster than who takes it", async () => {
    let taken = 0;
    const into = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _encoding, done) => {
        taken += chunk.length;
        setTimeout(done, 1);
      },
    });
    await onHost(({ stream }) =>
      stream("head --bytes=3000000 /dev/zero\n", { what, quietSeconds: 20, into }),
    );
    assert.equal(taken, 3_000_000);
  });

  it("reads what follows it on stdin, to the byte", async () => {
    const into = new PassThrough();
    const said = text(into);
    const script = whenWhole(`head --bytes=${large.length} | sha256sum\n`);
    await onHost(({ stream }) =>
      stream(script, { what, quietSeconds: 20, into, from: Readable.from([large]) }),
    );
    assert.equal((await said).split(" ")[0], sha256(large));
  });

  it("that refuses what it is sent says why, though it has not read all of it", async () => {
    const script = whenWhole("echo 'there is no room' >&2; exit 3\n");
    const from = Readable.from([large, large]);
    const into = new PassThrough();
    await assert.rejects(
      onHost(({ stream }) => stream(script, { what, quietSeconds: 20, into, from })),
      /the test ended with 3: there is no room/,
    );
  });

  it("is given up when it says nothing any more, and not while it speaks", async () => {
    const run = (script: string): Promise<void> =>
      onHost(({ stream }) => stream(script, { what, quietSeconds: 0.5, into: new PassThrough().resume() }));
    await run("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done\n");
    await assert.rejects(run("sleep 5\n"), /the test took longer than 0\.5 s/);
  });

  it("fails when its answer can't be written", async () => {
    const into = new Writable({
      write: (_chunk, _encoding, done) => {
        done(new Error("the disk is full"));
      },
    });
    const script = "head --bytes=9000000 /dev/zero\n";
    await assert.rejects(
      onHost(({ stream }) => stream(script, { what, quietSeconds: 20, into })),
      /the disk is full/,
    );
  });
});
