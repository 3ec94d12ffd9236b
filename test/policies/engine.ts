import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Outcome } from "../support/cluster";
import { PulumiProject } from "../support/pulumi-project";

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

/** A program and a stack of this repository, previewed with the pack; nothing is ever made of it. */
export class PreviewProject {
  private readonly project: PulumiProject;

  /** @param program Path of the program in the repository. @param stack Configuration as in `Pulumi.<stack>.yaml`. */
  public constructor(
    program: string,
    private readonly stack: string,
    configuration: string,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.project = new PulumiProject({ program, stack, configuration, environment });
  }

  /**
   * Previews with the pack: how the command ended, and what the pack found.
   *
   * @param levels Environment whose levels count. Default: those that rules have by themselves.
   */
  public preview(levels?: string): { readonly outcome: Outcome; readonly found: readonly Violation[] } {
    const events = path.join(this.project.folder, "events.json");
    const configuration =
      levels === undefined ? [] : ["--policy-pack-config", path.join(packFolder, "config", `${levels}.json`)];
    const outcome = this.project.run([
      ...["preview", "--stack", this.stack, "--event-log", events],
      ...["--policy-pack", packFolder, ...configuration],
    ]);
    return { outcome, found: violations(readFileSync(events, "utf8")) };
  }

  /** Removes the project with its state. */
  public remove(): void {
    this.project.remove();
  }
}
