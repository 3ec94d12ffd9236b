import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const folder = path.join(__dirname, "../../../.github/workflows");

const permissions = z.union([z.record(z.string(), z.string()), z.string()]).optional();
const concurrency = z
  .union([
    z.string(),
    z.looseObject({ group: z.string(), "cancel-in-progress": z.union([z.boolean(), z.string()]).optional() }),
  ])
  .optional();

const stepSchema = z.looseObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.unknown()).optional(),
});
const jobSchema = z.looseObject({
  "runs-on": z.string(),
  container: z
    .union([z.string(), z.looseObject({ image: z.string(), options: z.string().optional() })])
    .optional(),
  if: z.string().optional(),
  defaults: z.looseObject({ run: z.looseObject({ shell: z.string().optional() }).optional() }).optional(),
  "timeout-minutes": z.number().optional(),
  permissions,
  concurrency,
  environment: z.unknown().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  steps: z.array(stepSchema),
});
const workflowSchema = z.looseObject({
  name: z.string(),
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  permissions,
  concurrency,
  jobs: z.record(z.string(), jobSchema),
});

/** A workflow of GitHub Actions, as far as tests look at it. */
export type Workflow = z.infer<typeof workflowSchema>;
/** One of its jobs. */
export type Job = z.infer<typeof jobSchema>;
/** One of a job's steps. */
export type Step = z.infer<typeof stepSchema>;

/** A workflow and the file that it stands in. */
export interface WorkflowFile {
  readonly file: string;
  readonly text: string;
  readonly workflow: Workflow;
}

/** Reads the text of a workflow. */
export function parseWorkflow(text: string): Workflow {
  return workflowSchema.parse(parse(text));
}

/** All workflows of the repository. */
export function readWorkflows(): WorkflowFile[] {
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(folder, file), "utf8");
      return { file, text, workflow: parseWorkflow(text) };
    });
}

/** The events that start it. */
export function eventsOf({ on }: Workflow): string[] {
  if (typeof on === "string") return [on];
  return Array.isArray(on) ? on : Object.keys(on);
}
