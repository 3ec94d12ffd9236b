import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { saveOnce } from "../../commands/save-once";
import { ensureTools } from "../../toolchain/ensure";
import { AwsEmulator } from "../support/aws-emulator";
import type { Outcome } from "../support/cluster";
import { PulumiProject } from "../support/pulumi-project";
import type { Asked } from "./made";
import { Questioner, type Question } from "./questioner";

/** Where everything is made. */
const region = "eu-central-1";

/** Makes `home/plugins` of those that the toolchain gave, and HashiCorp's provider under the name of the vendor's plugin. */
async function linkPlugins(home: string): Promise<void> {
  const given = path.join(process.env["PULUMI_HOME"] ?? "", "plugins");
  const link = (plugin: string, program: string, target: string): void => {
    // The engine passes over a folder that is a link itself.
    mkdirSync(path.join(home, "plugins", plugin), { recursive: true });
    symlinkSync(target, path.join(home, "plugins", plugin, program));
  };
  for (const plugin of readdirSync(given)) {
    const program = `pulumi-${plugin.replace(/-v[^-]+$/, "")}`;
    if (program !== "pulumi-resource-aws") link(plugin, program, path.join(given, plugin, program));
  }
  const [aws] = await ensureTools(["pulumi-resource-aws-test"]);
  if (aws === undefined) throw new Error("the toolchain gave no provider of AWS");
  link(`resource-aws-v${aws.tool.version}`, "pulumi-resource-aws", aws.program);
}

/** An account on AWS that is there for one test, and what the engine needs to work in it. */
export class EmulatedAccount implements Asked {
  private readonly home = mkdtempSync(path.join(tmpdir(), "redoubt-aws-"));
  private readonly emulator = new AwsEmulator({
    program: [path.join(__dirname, "emulator.py")],
    variables: { MOTO_AMIS_PATH: path.join(__dirname, "images.json") },
  });
  private questioner: Questioner | undefined;

  public async start(): Promise<void> {
    await linkPlugins(this.home);
    await this.emulator.start();
    this.questioner = new Questioner(region, this.emulator.environment);
  }

  public get environment(): NodeJS.ProcessEnv {
    return { ...this.emulator.environment, PULUMI_HOME: this.home };
  }

  /** Asks the account itself, whatever the state of a stack says. */
  public ask(question: Question): Promise<unknown> {
    if (this.questioner === undefined) throw new Error("the account is not there yet");
    return this.questioner.ask(question);
  }

  public stop(): void {
    this.questioner?.stop();
    this.emulator.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Settings as `Pulumi.<stack>.yaml` has them; JSON is YAML. */
export function configurationOf(settings: Readonly<Record<string, unknown>>): string {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) config[`redoubt:${key}`] = value;
  return JSON.stringify({ config });
}

/** Without machines, no command reaches one. */
const withoutCommands = [
  ...["--exclude", "**command:remote**", "--exclude", "**command:local**"],
  "--exclude-dependents",
];

/** The hosts of a stack, made in an account by the program's own code. */
export class EmulatedStack {
  private readonly project: PulumiProject;

  public constructor(
    account: EmulatedAccount,
    private readonly name: string,
    settings: Readonly<Record<string, unknown>>,
  ) {
    this.project = new PulumiProject({
      program: "test/aws/program.ts",
      stack: name,
      configuration: configurationOf(settings),
      // No test kills an engine here.
      environment: { ...account.environment, ...saveOnce },
    });
  }

  public run(...args: readonly string[]): Outcome {
    return this.project.run([...args, "--stack", this.name], 300);
  }

  public up(...args: readonly string[]): Outcome {
    return this.run("up", "--yes", "--skip-preview", ...withoutCommands, ...args);
  }

  public preview(...args: readonly string[]): Outcome {
    return this.run("preview", ...withoutCommands, ...args);
  }

  public remove(): void {
    this.project.remove();
  }
}
