import { z } from "zod";
import { readable, redactText } from "./redact";

/** Properties of a resource; secrets and unknown values are marked. */
export type Properties = Readonly<Record<string, unknown>>;

/** What happens to a resource. A replacement is one operation, however many steps the engine takes for it. */
export type Operation = "create" | "update" | "delete" | "replace" | "same";

/** One resource of a preview. */
export interface Step {
  readonly urn: string;
  readonly operation: Operation;
  /** Inputs as they are; undefined when the resource is new. */
  readonly oldInputs?: Properties | undefined;
  /** Inputs as they will be; undefined when the resource goes. */
  readonly newInputs?: Properties | undefined;
  /** Outputs as they are. */
  readonly oldOutputs?: Properties | undefined;
  /** Outputs as they will be, as far as they are known. */
  readonly newOutputs?: Properties | undefined;
  /** Paths of the properties that differ, as the provider says. */
  readonly changedPaths: readonly string[];
}

/** A rule of a policy pack that a resource breaks. */
export interface PolicyViolation {
  readonly pack: string;
  readonly policy: string;
  /** `mandatory`, `advisory` or `remediate`. */
  readonly level: string;
  readonly message: string;
  /** URN; empty for a rule about the whole stack. */
  readonly resource: string;
}

/** What a preview said. */
export interface Preview {
  readonly steps: readonly Step[];
  readonly violations: readonly PolicyViolation[];
  /** Packs that ran, name → version; undefined when the recording can't say (`pulumi preview --json`). */
  readonly policyPacks: Readonly<Record<string, string>> | undefined;
  readonly errors: readonly string[];
  /** False when the recording ends before the preview did. */
  readonly complete: boolean;
}

const properties = z.record(z.string(), z.unknown()).nullish();
const state = z.looseObject({ inputs: properties, outputs: properties }).nullish();
const details = z.record(z.string(), z.unknown()).nullish();

/** One line of `pulumi preview --event-log` (`sdk/go/common/apitype/events.go`); what is not read is not looked at. */
const eventSchema = z.looseObject({
  resourcePreEvent: z
    .looseObject({
      metadata: z.looseObject({
        op: z.string(),
        urn: z.string(),
        old: state,
        new: state,
        diffs: z.array(z.string()).nullish(),
        detailedDiff: details,
      }),
    })
    .optional(),
  resOutputsEvent: z
    .looseObject({ metadata: z.looseObject({ urn: z.string(), old: state, new: state }) })
    .optional(),
  policyEvent: z
    .looseObject({
      policyPackName: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
      message: z.string(),
      resourceUrn: z.string().optional(),
    })
    .optional(),
  diagnosticEvent: z.looseObject({ severity: z.string(), message: z.string() }).optional(),
  summaryEvent: z.looseObject({ PolicyPacks: z.record(z.string(), z.string()).nullish() }).optional(),
});
type EngineEvent = z.infer<typeof eventSchema>;

/** What `pulumi preview --json` prints (`pkg/display`). It leaves policies out. */
const digestSchema = z.looseObject({
  steps: z
    .array(
      z.looseObject({
        op: z.string(),
        urn: z.string(),
        oldState: state,
        newState: state,
        diffReasons: z.array(z.string()).nullish(),
        detailedDiff: details,
      }),
    )
    .nullish(),
  diagnostics: z
    .array(z.looseObject({ severity: z.string().optional(), message: z.string().optional() }))
    .nullish(),
  changeSummary: z.record(z.string(), z.number()).nullish(),
});

const operations: Readonly<Record<string, Operation>> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

type State = z.infer<typeof state>;

function inputsOf(known: State): Properties | undefined {
  return known?.inputs == null ? undefined : (readable(known.inputs) as Properties);
}

function outputsOf(known: State): Properties | undefined {
  return known?.outputs == null ? undefined : (readable(known.outputs) as Properties);
}

interface RawStep {
  readonly op: string;
  readonly urn: string;
  readonly before: State;
  readonly after: State;
  readonly changedPaths: readonly string[];
}

/** Steps of one resource joined: a replacement comes as up to three, of which each knows a part. */
function joinSteps(raw: readonly RawStep[]): Step[] {
  const joined = new Map<string, Step>();
  for (const step of raw) {
    const operation = operations[step.op];
    // Reads, refreshes and imports change nothing that a reader could judge.
    if (operation === undefined) continue;
    const known = joined.get(step.urn);
    const isReplaced = operation === "replace" || known?.operation === "replace";
    // The old half of a replacement has no new state, and the new half no old one.
    joined.set(step.urn, {
      urn: step.urn,
      operation: isReplaced ? "replace" : operation,
      oldInputs: inputsOf(step.before) ?? known?.oldInputs,
      newInputs:
        step.op === "delete-replaced" ? known?.newInputs : (inputsOf(step.after) ?? known?.newInputs),
      oldOutputs: outputsOf(step.before) ?? known?.oldOutputs,
      newOutputs:
        step.op === "delete-replaced" ? known?.newOutputs : (outputsOf(step.after) ?? known?.newOutputs),
      changedPaths: [...new Set([...(known?.changedPaths ?? []), ...step.changedPaths])].sort(),
    });
  }
  return [...joined.values()];
}

/** The outputs of the stack come at its end, after the step that names it. */
function withStackOutputs(steps: readonly Step[], events: readonly EngineEvent[]): Step[] {
  const outputs = new Map(
    events.flatMap(({ resOutputsEvent }) =>
      resOutputsEvent === undefined
        ? []
        : [[resOutputsEvent.metadata.urn, resOutputsEvent.metadata] as const],
    ),
  );
  return steps.map((step) => {
    const known = outputs.get(step.urn);
    if (known === undefined || !step.urn.includes("::pulumi:pulumi:Stack::")) return step;
    return {
      ...step,
      oldOutputs: outputsOf(known.old) ?? step.oldOutputs,
      newOutputs: outputsOf(known.new) ?? step.newOutputs,
    };
  });
}

/** Colours that the engine writes as `<{%reset%}>`. */
function plainText(text: string): string {
  return redactText(text.replace(/<\{%[^%]*%\}>/g, "")).trim();
}

function readEvents(events: readonly EngineEvent[]): Preview {
  const raw = events.flatMap(({ resourcePreEvent }): RawStep[] => {
    if (resourcePreEvent === undefined) return [];
    const { op, urn, old, new: after, diffs, detailedDiff } = resourcePreEvent.metadata;
    const changedPaths = detailedDiff == null ? (diffs ?? []) : Object.keys(detailedDiff);
    return [{ op, urn, before: old, after, changedPaths }];
  });
  const summary = events.find(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
  return {
    steps: withStackOutputs(joinSteps(raw), events),
    violations: events.flatMap(({ policyEvent }) =>
      policyEvent === undefined
        ? []
        : [
            {
              pack: policyEvent.policyPackName,
              policy: policyEvent.policyName,
              level: policyEvent.enforcementLevel,
              message: plainText(policyEvent.message),
              resource: policyEvent.resourceUrn ?? "",
            },
          ],
    ),
    policyPacks: summary?.PolicyPacks ?? {},
    errors: events.flatMap(({ diagnosticEvent }) =>
      diagnosticEvent?.severity === "error" ? [plainText(diagnosticEvent.message)] : [],
    ),
    complete: summary !== undefined,
  };
}

function readDigest(digest: z.infer<typeof digestSchema>): Preview {
  const raw = (digest.steps ?? []).map(
    ({ op, urn, oldState, newState, diffReasons, detailedDiff }): RawStep => ({
      op,
      urn,
      before: oldState,
      after: newState,
      changedPaths: detailedDiff == null ? (diffReasons ?? []) : Object.keys(detailedDiff),
    }),
  );
  return {
    steps: joinSteps(raw),
    violations: [],
    policyPacks: undefined,
    errors: (digest.diagnostics ?? [])
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => plainText(message ?? "")),
    complete: digest.changeSummary != null,
  };
}

/** The last line of a log that is still being written, or was cut off, may be half a line. */
function parseLines(text: string): EngineEvent[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.flatMap((line, index) => {
    try {
      return [eventSchema.parse(JSON.parse(line))];
    } catch (error) {
      if (error instanceof SyntaxError && index > 0 && index === lines.length - 1) return [];
      const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      throw new Error(
        `line ${index + 1} is no event of Pulumi's engine: ${why}. Fix: give a file of "pulumi preview --json" or --event-log`,
        { cause: error },
      );
    }
  });
}

function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads a recorded preview: the engine's event log (one JSON object a line), or the one object that `pulumi preview --json` prints.
 *
 * @throws when the text is neither.
 */
export function readPreview(text: string): Preview {
  if (text.trim() === "") throw new Error("the recorded preview is empty. Fix: record it again");
  const whole = digestSchema.safeParse(parseWhole(text));
  // A log of one event is an object too, but knows no steps.
  const isDigest =
    whole.success && (whole.data.steps !== undefined || whole.data.changeSummary !== undefined);
  return isDigest ? readDigest(whole.data) : readEvents(parseLines(text));
}
