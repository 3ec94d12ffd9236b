import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { runProgram, type Outcome } from "./cluster";

const root = path.dirname(path.dirname(__dirname));

const projectSchema = z.looseObject({
  runtime: z.object({ name: z.string(), options: z.looseObject({ nodeargs: z.string() }) }),
});

/** The runtime of this repository's own project, wherever another one lies: else a program takes twice the time to run. */
export function ownRuntime(): object {
  const { runtime } = projectSchema.parse(parse(readFileSync(path.join(root, "Pulumi.yaml"), "utf8")));
  const nodeargs = runtime.options.nodeargs.replace("./stack/", `${path.join(root, "stack")}/`);
  return { ...runtime, options: { ...runtime.options, nodeargs } };
}

/** Arguments of {@link PulumiProject}. */
export interface PulumiProjectArgs {
  /** Path of the program in the repository. */
  readonly program: string;
  readonly stack: string;
  /** As in `Pulumi.<stack>.yaml`. */
  readonly configuration: string;
  /** What the engine runs with. Default: the environment of the test. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A program of this repository with a stack of its own; project, configuration and state lie in a folder outside the checkout. */
export class PulumiProject {
  public readonly folder = mkdtempSync(path.join(tmpdir(), "redoubt-project-"));
  private readonly environment: NodeJS.ProcessEnv;

  public constructor(args: PulumiProjectArgs) {
    const project = {
      name: "redoubt",
      runtime: ownRuntime(),
      main: path.join(root, args.program),
    };
    writeFileSync(path.join(this.folder, "Pulumi.yaml"), JSON.stringify(project));
    writeFileSync(path.join(this.folder, `Pulumi.${args.stack}.yaml`), args.configuration);
    mkdirSync(path.join(this.folder, "state"));
    this.environment = {
      ...(args.environment ?? process.env),
      PULUMI_BACKEND_URL: `file://${path.join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      // Shows --event-log: what the engine says for programs.
      PULUMI_DEBUG_COMMANDS: "true",
      NO_COLOR: "1",
    };
    this.run(["stack", "init", args.stack]);
  }

  /** Runs `pulumi` in the project. */
  public run(args: readonly string[], timeoutSeconds = 300): Outcome {
    const all = ["--cwd", this.folder, "--non-interactive", ...args];
    return runProgram("pulumi", all, { env: this.environment, timeoutSeconds });
  }

  /** Removes the project with its state. */
  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
