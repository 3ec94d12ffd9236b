import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, fillOnce } from "../../toolchain/cache";
import { execute } from "../../toolchain/process";
import { timed } from "../../toolchain/progress";
import { runProgram, type Outcome } from "./cluster";
import { freePort } from "./free-port";

const requirements = path.join(__dirname, "..", "state", "requirements.txt");

/** The emulator and the aws program, from PyPI with pinned hashes; installed once, outside the checkout. */
async function install(): Promise<string> {
  const recipe = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const folder = path.join(cacheFolder(), `aws-emulator-${recipe.slice(0, 12)}`);
  await fillOnce(folder, async (scratch) => {
    const installer = path.join(scratch, "installer");
    const pinned = ["--require-hashes", "--only-binary=:all:", "--no-deps", "--requirement", requirements];
    await timed("AWS emulator", "installing moto and the aws program from PyPI", async () => {
      await execute("python3", ["-m", "venv", installer]);
      await execute(path.join(installer, "bin/pip"), [
        ...["install", "--quiet", "--disable-pip-version-check"],
        ...["--target", path.join(scratch, "lib"), ...pinned],
      ]);
    });
    rmSync(installer, { recursive: true });
    // pip's own would name the installer's Python.
    mkdirSync(path.join(scratch, "bin"));
    writeFileSync(path.join(scratch, "bin/aws"), '#!/bin/sh\nexec python3 -m awscli "$@"\n');
    chmodSync(path.join(scratch, "bin/aws"), 0o755);
  });
  return folder;
}

/** How an emulator differs from moto as it is. */
export interface EmulatorOptions {
  /** What Python runs. Default: moto's server. */
  readonly program?: readonly string[];
  /** Variables that the server reads. */
  readonly variables?: NodeJS.ProcessEnv;
}

/** The caller's environment without what it says of AWS: nothing here may reach an account of the caller's. */
function withoutAws(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
}

/**
 * moto, an emulator of AWS's APIs, on a loopback port: buckets, keys, instances in the memory of a process. Keys encrypt belong
 * to an account; what else its credentials may do is not looked at, and conditions of a bucket's policy are not understood.
 */
export class AwsEmulator {
  public endpoint = "";
  private folder = "";
  private process: ChildProcess | undefined;

  public constructor(private readonly options: EmulatorOptions = {}) {}

  public async start(): Promise<void> {
    this.folder = await install();
    const port = await freePort();
    this.endpoint = `http://127.0.0.1:${port}`;
    const { program = ["-m", "moto.server"], variables = {} } = this.options;
    const server = ["python3", ...program, "--host", "127.0.0.1", "--port", String(port)];
    // A test that is killed stops nothing, so the kernel ends the server with it.
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", ...server], {
      env: { ...this.environment, ...variables },
      stdio: "ignore",
    });
    const end = Date.now() + 60_000;
    while (!(await this.answers())) {
      if (Date.now() > end || this.process.exitCode !== null) throw new Error("moto does not answer");
      await sleep(100);
    }
  }

  /** What a program needs to talk to it, the aws program on the PATH included. */
  public get environment(): NodeJS.ProcessEnv {
    return {
      ...withoutAws(),
      PATH: `${path.join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
      PYTHONPATH: path.join(this.folder, "lib"),
      PYTHONDONTWRITEBYTECODE: "1",
      AWS_ACCESS_KEY_ID: "emulated",
      AWS_SECRET_ACCESS_KEY: "emulated",
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  public aws(args: readonly string[]): Outcome {
    return runProgram("aws", args, { env: this.environment });
  }

  /** Credentials of an account that has none of the keys. */
  public otherAccount(): NodeJS.ProcessEnv {
    const role = ["--role-arn", "arn:aws:iam::222222222222:role/reader", "--role-session-name", "reader"];
    const output = ["--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]", "--output", "text"];
    const { stdout } = this.aws(["sts", "assume-role", ...role, ...output, "--region", "us-east-1"]);
    const [id, secret, token] = stdout.trim().split("\t");
    return { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token };
  }

  /** A request about a bucket; nobody has to sign one. */
  public async s3(pathAndQuery: string, method = "GET"): Promise<string> {
    const response = await fetch(`${this.endpoint}/${pathAndQuery}`, { method });
    if (!response.ok) throw new Error(`${method} ${pathAndQuery} answered ${response.status}`);
    return response.text();
  }

  public stop(): void {
    this.process?.kill();
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.endpoint}/moto-api/`)).ok;
    } catch {
      return false;
    }
  }
}
