import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { readSession, withSessionLock, writeSession, type Session } from "../../../commands/session";

const folder = mkdtempSync(path.join(tmpdir(), "redoubt-session-"));
after(() => {
  rmSync(folder, { recursive: true });
});
const session = (secondsLeft: number): Session => ({
  issuer: "https://127.0.0.1:1",
  clientId: "redoubt",
  loginAgain: "npm run login -- --user alice",
  idToken: "header.claims.signature",
  expiresAt: new Date(Date.now() + secondsLeft * 1000).toISOString(),
});

describe("a session", () => {
  const file = path.join(folder, "sessions", "test-alice.json");

  it("is what was written, for its user alone", () => {
    const written = session(600);
    writeSession(file, written);
    assert.deepEqual(readSession(file), written);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
  });

  it("says what to do when it is not there, or damaged", () => {
    assert.throws(
      () => readSession(path.join(folder, "none")),
      /there is no login here\. Fix: run npm run login/,
    );
    writeFileSync(path.join(folder, "damaged"), "{");
    assert.throws(() => readSession(path.join(folder, "damaged")), /there is no login here/);
  });

  it("is renewed by one at a time", async () => {
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${name} ends`);
    };
    await Promise.all([withSessionLock(file, work("one")), withSessionLock(file, work("two"))]);
    assert.equal(order[0]?.split(" ")[0], order[1]?.split(" ")[0]);
    assert.equal(order.length, 4);
  });

  it("is not locked for ever by a process that was killed", async () => {
    const { pid } = spawnSync("true");
    writeFileSync(`${file}.lock`, String(pid));
    assert.equal(await withSessionLock(file, () => Promise.resolve("done")), "done");
    assert.equal(existsSync(`${file}.lock`), false);
  });
});

describe("the credential plugin", () => {
  const plugin = path.join(__dirname, "../../../commands/credential.cjs");
  const ask = (content: unknown): ReturnType<typeof spawnSync> => {
    const file = path.join(folder, "asked.json");
    writeFileSync(file, JSON.stringify(content));
    return spawnSync(process.execPath, [plugin, file], { encoding: "utf8" });
  };

  it("gives kubectl a token that is still good", () => {
    const good = session(600);
    const { status, stdout } = ask(good);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(String(stdout)), {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: good.idToken, expirationTimestamp: good.expiresAt },
    });
  });

  it("gives no token that has ended, and says what to do", () => {
    const { status, stdout, stderr } = ask(session(-1));
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(String(stderr), /gave no refresh token\. Fix: run npm run login -- --user alice/);
  });

  it("says that the issuer can't be reached when it must renew", () => {
    const { status, stderr } = ask({ ...session(-1), refreshToken: "old" });
    assert.equal(status, 1);
    assert.match(String(stderr), /can't be reached/);
  });
});
