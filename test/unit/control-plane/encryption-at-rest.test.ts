import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { encryptionAtRest } from "../../../components/control-plane/encryption-at-rest";
import { assertShellcheckClean } from "../../support/shellcheck";

/** As etcdctl prints an entry by `--write-out=fields`. */
function entry(key: string, value: string): string {
  return `"Key" : "${key}"\n"CreateRevision" : 7\n"ModRevision" : 9\n"Version" : 1\n"Value" : "${value}"\n"Lease" : 0\n`;
}

const secret = "/registry/secrets/app/db";
const session = "/registry/dex.coreos.com/refreshtokens/dex/alice";
const sealed = "k8s:enc:secretbox:v1:key2:\\x8f\\n";

describe("What is secret in etcd", () => {
  let folder = "";
  const at = (name: string): string => path.join(folder, name);
  /** What etcd holds below the folder of its key. */
  const stored = (key: string, value: string): void => {
    const file = at(`${path.dirname(path.dirname(key))}/entries`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, entry(key, value));
  };
  const asked = (): string => (existsSync(at("asked")) ? readFileSync(at("asked"), "utf8") : "");

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "encrypt-anew-"));
    const fake = (name: string, body: string): void => {
      writeFileSync(at(name), `#!/bin/bash\ncd ${folder}\n${body}`, { mode: 0o755 });
    };
    fake(
      "etcdctl",
      '[ ! -e down ] || exit 1\nfind ".${@: -1}" -name entries -exec cat {} + 2>/dev/null || true\n',
    );
    // What is replaced is written as the API server writes now, if it can.
    fake(
      "kubectl",
      `[[ $* != *replace* ]] || { cat; [ -e deaf ] || sed --in-place 's/^"Value" : .*/"Value" : "k8s:enc:secretbox:v1:key2:x"/' "$(<place)"; exit; }
case $* in
*'get secrets --namespace=app '*) echo ./registry/secrets/entries >place ;;
*'get refreshtokens.dex.coreos.com --namespace=dex '*) echo ./registry/dex.coreos.com/refreshtokens/entries >place ;;
esac
echo "$*" >>asked
`,
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const { files = [], closingSteps = [] } = encryptionAtRest({
    encryptionProvider: "secretbox",
    encryptionKeys: { encrypting: 2, decrypting: [1, 2] },
  });
  const [program] = files;
  const [step] = closingSteps;
  assert.ok(program);
  assert.ok(step);

  const run = (words: readonly string[]): { code: number | null; stderr: string } => {
    const file = at("encrypt-anew");
    const seconds = program.content.replace("seconds=60", "seconds=1");
    writeFileSync(file, seconds.replaceAll("/usr/local/bin", folder), { mode: 0o755 });
    const { status, stderr } = spawnSync(file, words.slice(1), { encoding: "utf8" });
    return { code: status, stderr };
  };
  const look = (): number | null => run(step.unless).code;
  const write = (): { code: number | null; stderr: string } => run(step.command);

  it("is looked at by a program that shellcheck has nothing to say about", () => {
    assertShellcheckClean(program.content);
  });

  it("is left alone when all of it is encrypted with the key that encrypts", () => {
    assert.equal(look(), 0, "there is none");
    stored(secret, sealed);
    stored(session, sealed);
    assert.equal(look(), 0);
    assert.equal(write().code, 0);
    assert.equal(asked(), "");
  });

  for (const [how, value] of [
    ["in plain", "k8s\\x00\\n\\f\\n\\x02v1\\x12\\x06Secret"],
    ["with a former key", "k8s:enc:secretbox:v1:key1:\\x01"],
    ["with a key whose name only begins so", "k8s:enc:secretbox:v1:key22:\\x01"],
    ["by another provider", "k8s:enc:aescbc:v1:key2:\\x01"],
  ] as const) {
    it(`is written anew where it is stored ${how}, and looked at again`, () => {
      stored(secret, value);
      stored(session, sealed);
      assert.equal(look(), 1);
      const { code, stderr } = write();
      assert.equal(code, 0, stderr);
      assert.match(asked(), /^--kubeconfig=\S+ --request-timeout=60s get secrets --namespace=app .*\n$/);
      assert.equal(look(), 0);
    });
  }

  it("is what Dex keeps too", () => {
    stored(session, "k8s:enc:secretbox:v1:key1:\\x01");
    assert.equal(look(), 1);
    assert.equal(write().code, 0);
    assert.match(asked(), /get refreshtokens\.dex\.coreos\.com --namespace=dex /);
  });

  it("is not said to be encrypted when it is not in the end: the error names one and what was said", () => {
    writeFileSync(at("deaf"), "");
    stored(secret, "k8s:enc:secretbox:v1:key1:\\x01");
    const { code, stderr } = write();
    assert.equal(code, 1);
    assert.match(stderr, /in etcd 1 are not encrypted with key2, one of them \/registry\/secrets\/app\/db: /);
  });

  it("is not said to be encrypted when etcd does not answer", () => {
    writeFileSync(at("down"), "");
    assert.notEqual(look(), 0);
    assert.notEqual(write().code, 0);
  });
});
