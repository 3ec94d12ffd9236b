import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsEmulator } from "../support/aws-emulator";
import { runProgram, type Outcome } from "../support/cluster";
import { ownRuntime } from "../support/pulumi-project";

const root = path.dirname(path.dirname(__dirname));
const bucket = "example-state";
const region = "eu-central-1";

/**
 * Where a team's state lies, made by the commands that the documentation names and used by the engine: what can be seen without an
 * account. It can't prove what AWS itself does: roles, TLS, the bucket's policy, encryption of objects at rest.
 */
describe("A state in S3 whose secrets KMS encrypts", () => {
  const emulator = new AwsEmulator();
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-state-"));
  const stack = `test-state-${process.pid}`;
  const configFile = path.join(root, `Pulumi.${stack}.yaml`);
  const gate = path.join(folder, "gate");
  let backend = "";
  let environment: NodeJS.ProcessEnv = {};

  const script = (): Outcome =>
    runProgram(path.join(root, "commands/make-state-bucket.sh"), [bucket, region], {
      env: emulator.environment,
    });
  const npmRun = (command: string, args: readonly string[] = []): Outcome =>
    runProgram("npm", ["run", "--silent", command, "--", "--stack", stack, ...args], { env: environment });
  /** A program with a key and a wait, in the stack that the project's own command made. */
  const pulumi = (...args: string[]): string[] => [
    ...["--cwd", folder, "--non-interactive", ...args],
    ...["--stack", stack],
  ];
  const inStack = (...args: string[]): Outcome => runProgram("pulumi", pulumi(...args), { env: environment });
  const state = (): string =>
    emulator.aws(["s3", "cp", `s3://${bucket}/.pulumi/stacks/redoubt/${stack}.json`, "-"]).stdout;
  const locks = async (): Promise<number> =>
    (await emulator.s3(`${bucket}?list-type=2&prefix=.pulumi/locks/`)).split("<Key>").length - 1;

  before(async () => {
    await emulator.start();
    backend = `s3://${bucket}?region=${region}&endpoint=${emulator.endpoint}&s3ForcePathStyle=true`;
    environment = {
      ...emulator.environment,
      REDOUBT_DATA: path.join(folder, "data"),
      REDOUBT_TEST_GATE: gate,
      PULUMI_BACKEND_URL: backend,
      NO_COLOR: "1",
    };
    const project = { name: "redoubt", runtime: ownRuntime(), main: path.join(__dirname, "program.ts") };
    writeFileSync(path.join(folder, "Pulumi.yaml"), JSON.stringify(project));
  });
  after(() => {
    emulator.stop();
    rmSync(configFile, { force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  it("is made by the script, which says what comes next, and may be run again", async () => {
    for (const { code, stdout, stderr } of [script(), script()]) {
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        `npm run init -- --stack STACK --backend 's3://${bucket}?region=${region}' --secrets-provider 'awskms://alias/redoubt?region=${region}'\n`,
      );
    }
    assert.match(await emulator.s3(`${bucket}?versioning`), /<Status>Enabled</);
    const encryption = await emulator.s3(`${bucket}?encryption`);
    assert.match(
      encryption,
      /<SSEAlgorithm>aws:kms<[\s\S]*<KMSMasterKeyID>arn:aws:kms:eu-central-1:\d{12}:key\/[0-9a-f-]{36}</,
    );
    assert.doesNotMatch(await emulator.s3(`${bucket}?publicAccessBlock`), /false/);
    assert.match(await emulator.s3(`${bucket}?policy`), /"aws:SecureTransport":"false"/);
    // The emulator knows no conditions, so it would refuse everything.
    await emulator.s3(`${bucket}?policy`, "DELETE");
  });

  it("is not made by the way by npm run up, where a passphrase of one box would encrypt it", () => {
    const { code, stderr } = npmRun("up");
    assert.notEqual(code, 0);
    assert.match(
      stderr,
      /PULUMI_BACKEND_URL = s3:\S+ does not answer or has no stack test-state-\d+. Fix: npm run init/,
    );
  });

  it("gets a stack by npm run init, which writes the key's name and an encrypted data key", () => {
    const key = `awskms://alias/redoubt?region=${region}&endpoint=${emulator.endpoint}`;
    const { code, stdout, stderr } = npmRun("init", ["--backend", backend, "--secrets-provider", key]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.includes(`export PULUMI_BACKEND_URL='${backend}'`), stdout);
    copyFileSync(configFile, path.join(folder, `Pulumi.${stack}.yaml`));
    const { stdout: file } = runProgram("cat", [configFile]);
    assert.match(file, /^secretsprovider: awskms:\/\/alias\/redoubt\?/m);
    assert.match(file, /^encryptedkey: \S{60,}$/m);
    assert.doesNotMatch(file, /encryptionsalt/);
  });

  it("lets one process work at a time", async () => {
    assert.equal(await locks(), 0);
    const first = spawn("pulumi", pulumi("up", "--yes", "--skip-preview"), {
      env: environment,
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => first.on("close", resolve));
    try {
      const end = Date.now() + 60_000;
      while ((await locks()) === 0 && Date.now() < end) await sleep(100);
      assert.equal(await locks(), 1);
      const second = inStack("up", "--yes", "--skip-preview");
      assert.notEqual(second.code, 0);
      assert.match(second.stdout + second.stderr, /the stack is currently locked by 1 lock/);
    } finally {
      writeFileSync(gate, "");
    }
    assert.equal(await ended, 0);
    assert.equal(await locks(), 0);
  });

  it("holds no secret in clear, in the bucket and in an export", () => {
    for (const text of [state(), inStack("stack", "export").stdout]) {
      assert.match(text, /"privateKeyOpenssh"/);
      assert.match(text, /"ciphertext": ?"/);
      assert.match(text, /"type": ?"cloud"/);
      assert.doesNotMatch(text, /PRIVATE KEY/);
    }
  });

  it("gives secrets to who may use the key, and none to who can only read the bucket", () => {
    const show = (env: NodeJS.ProcessEnv): Outcome =>
      runProgram("pulumi", pulumi("stack", "output", "privateKey", "--show-secrets"), { env });
    assert.match(show(environment).stdout, /^-----BEGIN OPENSSH PRIVATE KEY-----/);
    const { code, stdout, stderr } = show({ ...environment, ...emulator.otherAccount() });
    assert.notEqual(code, 0);
    assert.doesNotMatch(stdout, /PRIVATE KEY/);
    assert.match(stderr, /constructing secrets manager[\s\S]*AccessDenied/);
  });
});
