import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";

const root = path.dirname(path.dirname(__dirname));

/** What a program said and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever the end is. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly input?: string;
    readonly timeoutSeconds?: number;
  } = {},
): Outcome {
  const result = spawnSync(program, args, {
    cwd: root,
    env: options.env ?? process.env,
    input: options.input ?? "",
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    timeout: (options.timeoutSeconds ?? 120) * 1000,
  });
  return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** A block of settings in the stack's file, as one may edit it. */
export type EditableBlock = Record<string, unknown>;

const outputsSchema = z.object({
  endpoint: z.string(),
  kubeconfig: z.string(),
  userKubeconfigs: z.record(z.string(), z.string()),
  sshPrivateKey: z.string(),
  serviceAccountIssuer: z.object({
    issuer: z.string(),
    jwks: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
  }),
  webhookClientAuthority: z.string(),
  nodeTable: z.array(z.object({ name: z.string(), role: z.string(), address: z.string() })),
  connectivity: z.object({
    flowsAsDeclared: z.number(),
    notProbed: z.array(z.object({ rule: z.string(), why: z.string() })),
  }),
});

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        inputs: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
});

/** A resource as the state holds it, secrets encrypted. */
export type StateResource = z.infer<typeof stateSchema>["deployment"]["resources"][number];

/** Outputs of the stack, secrets in clear: tests may look where users may not. */
export type ClusterOutputs = z.infer<typeof outputsSchema>;

/**
 * A cluster of its own for a test: own stack, own state, own machines. It is built by the command that users run, and removed
 * with every trace, also when the test failed.
 */
export class TestCluster {
  public readonly folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
  public readonly stack: string;
  /** What commands on this cluster run with. */
  public readonly environment: NodeJS.ProcessEnv;
  private shell: NodeJS.ProcessEnv | undefined;

  public constructor(purpose: string, configuration: string) {
    this.stack = `test-${purpose}-${process.pid}`;
    this.environment = { ...process.env, REDOUBT_DATA: path.join(this.folder, "data"), NO_COLOR: "1" };
    for (const name of ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"]) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a state of its own, whatever the caller's is
      delete this.environment[name];
    }
    writeFileSync(this.configFile, configuration);
  }

  public get configFile(): string {
    return path.join(root, `Pulumi.${this.stack}.yaml`);
  }

  /** Edits blocks of the stack's file, whose keys are written without `redoubt:`; what is missing is made. */
  public editConfiguration(change: (block: (key: string) => EditableBlock) => void): void {
    const file = parse(readFileSync(this.configFile, "utf8")) as { config: Record<string, EditableBlock> };
    change((key) => (file.config[`redoubt:${key}`] ??= {}));
    writeFileSync(this.configFile, stringify(file));
  }

  public get logFile(): string {
    return path.join(this.folder, "log");
  }

  /** Runs `npm run COMMAND -- --stack …` and waits for its end. */
  public npmRun(command: string, args: readonly string[] = [], timeoutSeconds = 600): Promise<Outcome> {
    return this.start(command, args, timeoutSeconds).outcome;
  }

  /** Starts `npm run COMMAND` in a process group of its own, so that a test can kill it whole. */
  public start(
    command: string,
    args: readonly string[] = [],
    timeoutSeconds = 600,
  ): { readonly processGroup: number; readonly outcome: Promise<Outcome> } {
    const child = spawn("npm", ["run", "--silent", command, "--", "--stack", this.stack, ...args], {
      cwd: root,
      env: this.environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(this.logFile, { flags: "a" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      log.write(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      log.write(chunk);
    });
    const processGroup = child.pid ?? 0;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      const timer = setTimeout(() => {
        process.kill(-processGroup, "SIGKILL");
        reject(
          new Error(
            `npm run ${command} took longer than ${timeoutSeconds} s; its end: ${(stdout + stderr).slice(-2000)}`,
          ),
        );
      }, timeoutSeconds * 1000);
      child.on("close", (code) => {
        clearTimeout(timer);
        log.end();
        resolve({ code: code ?? -1, stdout, stderr });
      });
    });
    return { processGroup, outcome };
  }

  /** Runs `pulumi` on the stack, in the shell that `npm run env` gives. */
  public pulumi(args: readonly string[]): Outcome {
    const env = this.shellEnvironment();
    return runProgram("pulumi", [...args, "--stack", this.stack, "--non-interactive"], { env });
  }

  /** The variables that `eval "$(npm run -s env)"` sets; asked for once. */
  public shellEnvironment(): NodeJS.ProcessEnv {
    return (this.shell ??= this.readShellEnvironment());
  }

  private readShellEnvironment(): NodeJS.ProcessEnv {
    const command = 'eval "$(npm run --silent env)" && exec env --null';
    const { stdout } = runProgram("bash", ["-c", command], { env: this.environment });
    const pairs = stdout.split("\0").filter((line) => line.includes("="));
    return Object.fromEntries(
      pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  public outputs(): ClusterOutputs {
    const { stdout, stderr, code } = this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    if (code !== 0) throw new Error(`pulumi stack output failed: ${stderr}`);
    return outputsSchema.parse(JSON.parse(stdout));
  }

  /** The state as the backend keeps it, secrets encrypted. */
  public exportedState(): string {
    const { stdout, stderr, code } = this.pulumi(["stack", "export"]);
    if (code !== 0) throw new Error(`pulumi stack export failed: ${stderr}`);
    return stdout;
  }

  /** Every resource of the state, secrets encrypted. */
  public resources(): readonly StateResource[] {
    return stateSchema.parse(JSON.parse(this.exportedState())).deployment.resources;
  }

  public machine(verb: "start" | "stop", name: string): Outcome {
    const script = path.join(root, "components/hosts/local/machine.sh");
    return runProgram(script, [verb, this.stack, name], { env: this.environment });
  }

  /** Runs kubectl with a kubeconfig. */
  public kubectl(kubeconfig: string, args: readonly string[], input = ""): Outcome {
    const file = path.join(this.folder, "kubeconfig");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    return runProgram("kubectl", ["--kubeconfig", file, "--request-timeout=20s", ...args], { input });
  }

  /** Logs in as the operator does and runs a command. */
  public ssh(outputs: ClusterOutputs, name: string, command: string, input = ""): Outcome {
    const key = path.join(this.folder, "ssh-key");
    writeFileSync(key, outputs.sshPrivateKey, { mode: 0o600 });
    const node = outputs.nodeTable.find((item) => item.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    const options = [
      // A server that was just told to read its configuration again refuses for a moment.
      "-o",
      "ConnectionAttempts=5",
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "LogLevel=ERROR",
    ];
    return runProgram("ssh", [...options, "-i", key, `redoubt@${node.address}`, command], { input });
  }

  public log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  /**
   * Removes the cluster and every trace of the test; tolerates that some or all of it is gone.
   *
   * @throws when what is there could not be destroyed.
   */
  public async remove(): Promise<void> {
    try {
      await this.destroy();
    } finally {
      rmSync(this.configFile, { force: true });
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private async destroy(): Promise<void> {
    // Without data no command ran on the stack.
    if (!existsSync(path.join(this.folder, "data"))) return;
    const { code, stdout, stderr } = await this.npmRun("destroy", ["--forget-keys"]);
    if (code !== 0) throw new Error(`npm run destroy failed: ${(stdout + stderr).slice(-2000)}`);
  }
}
