import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { runProgram, type Outcome } from "../support/cluster";

const root = path.dirname(path.dirname(__dirname));
const packFolder = path.join(root, "policies");

const eventSchema = z.looseObject({
  policyEvent: z
    .looseObject({
      resourceUrn: z.string(),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
});

/** A violation as the engine tells it. */
export interface Violation {
  readonly policy: string;
  readonly level: string;
  /** Name of the resource. */
  readonly resource: string;
  readonly message: string;
}

/** Violations in events of the engine, one JSON object a line. */
export function violations(events: string): Violation[] {
  return events
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => eventSchema.parse(JSON.parse(line)).policyEvent ?? [])
    .map((event) => ({
      policy: event.policyName,
      level: event.enforcementLevel,
      resource: event.resourceUrn.split("::").at(-1) ?? "",
      message: event.message,
    }));
}

/** A project of its own with a program and a stack of this repository; nothing is ever made of it. */
export class PreviewProject {
  private readonly folder = mkdtempSync(path.join(tmpdir(), "redoubt-policies-"));
  private readonly environment: NodeJS.ProcessEnv;

  /** @param program Path of the program in the repository. @param stack Configuration as in `Pulumi.<stack>.yaml`. */
  public constructor(
    program: string,
    private readonly stack: string,
    configuration: string,
  ) {
    const project = {
      name: "redoubt",
      runtime: { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } },
      main: path.join(root, program),
    };
    writeFileSync(path.join(this.folder, "Pulumi.yaml"), JSON.stringify(project));
    writeFileSync(path.join(this.folder, `Pulumi.${stack}.yaml`), configuration);
    mkdirSync(path.join(this.folder, "state"));
    this.environment = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${path.join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      // Shows --event-log: what the engine says for programs.
      PULUMI_DEBUG_COMMANDS: "true",
      NO_COLOR: "1",
    };
    this.run(["stack", "init", stack]);
  }

  private run(args: readonly string[]): Outcome {
    const all = ["--cwd", this.folder, "--non-interactive", ...args];
    return runProgram("pulumi", all, { env: this.environment, timeoutSeconds: 300 });
  }

  /**
   * Previews with the pack: how the command ended, and what the pack found.
   *
   * @param levels Environment whose levels count. Default: those that rules have by themselves.
   */
  public preview(levels?: string): { readonly outcome: Outcome; readonly found: readonly Violation[] } {
    const events = path.join(this.folder, "events.json");
    const configuration =
      levels === undefined ? [] : ["--policy-pack-config", path.join(packFolder, "config", `${levels}.json`)];
    const outcome = this.run([
      ...["preview", "--stack", this.stack, "--event-log", events],
      ...["--policy-pack", packFolder, ...configuration],
    ]);
    return { outcome, found: violations(readFileSync(events, "utf8")) };
  }

  /** Removes the project with its state. */
  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
