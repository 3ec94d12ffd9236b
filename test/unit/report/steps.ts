import type { Operation, Preview, Properties, Step } from "../../../report/preview";

/** What a test says of a step beside its URN. */
export interface StepParts {
  readonly operation?: Operation;
  readonly before?: Properties;
  readonly after?: Properties;
  readonly outputsBefore?: Properties;
  readonly outputsAfter?: Properties;
  readonly changedPaths?: readonly string[];
}

/** A step of a made-up preview; `types` are the parents' types and its own. */
export function stepOf(types: string, name: string, parts: StepParts = {}): Step {
  return {
    urn: `urn:pulumi:test::redoubt::${types}::${name}`,
    operation: parts.operation ?? "update",
    oldInputs: parts.before,
    newInputs: parts.after,
    oldOutputs: parts.outputsBefore,
    newOutputs: parts.outputsAfter,
    changedPaths: parts.changedPaths ?? [],
  };
}

/** The step of the stack, whose outputs list its hosts. */
export function stackStep(before: readonly string[], after: readonly string[]): Step {
  const table = (names: readonly string[]): Properties => ({
    nodeTable: names.map((name) => ({ name, role: name.startsWith("worker") ? "worker" : "control-plane" })),
  });
  const outputs = { operation: "same" as const, outputsBefore: table(before), outputsAfter: table(after) };
  return stepOf("pulumi:pulumi:Stack", "redoubt-test", outputs);
}

/** A preview of these steps. */
export function previewOf(...steps: readonly Step[]): Preview {
  return { steps, violations: [], policyPacks: {}, errors: [], complete: true };
}
