import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

/**
 * Makes a fixture of a recorded preview (`pulumi preview --event-log FILE`, with PULUMI_DEBUG_COMMANDS=true): keeps the steps that
 * change something and the names of the hosts, and of each only what a report reads.
 *
 *     node --import tsx test/support/record-preview.ts LOG test/golden/preview-report/CASE/events.json
 */

const properties = z.record(z.string(), z.unknown());
const state = z
  .looseObject({ urn: z.string(), inputs: properties.nullish(), outputs: properties.nullish() })
  .nullish();
const metadata = z.looseObject({ op: z.string(), urn: z.string(), type: z.string(), old: state, new: state });
const event = z.looseObject({
  resourcePreEvent: z.looseObject({ metadata }).optional(),
  resOutputsEvent: z.looseObject({ metadata }).optional(),
  summaryEvent: properties.optional(),
  policyEvent: properties.optional(),
  diagnosticEvent: z.looseObject({ severity: z.string() }).optional(),
});
type State = z.infer<typeof state>;
type Event = z.infer<typeof event>;

const stackType = "pulumi:pulumi:Stack";
const keptOutputs = ["nodeTable", "kubernetesVersion", "endpoint"];
/** Long, and the same for every reader: certificates and requests in PEM, how a host is reached. */
const droppedInputs = /Pem$|^connection$|^__|^kubeconfig$/;

/** A plan's script without the fixed functions before it, which no reader reads. */
function shortScript(text: string): string {
  const start = text.indexOf("# --- the plan: ");
  return start < 0 ? text : text.slice(start);
}

function keptInputs(inputs: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(inputs).filter(([key]) => !droppedInputs.test(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === "stdin" && typeof value === "string" ? shortScript(value) : value,
    ]),
  );
}

function trim(known: State, isStack: boolean): unknown {
  if (known == null) return undefined;
  const outputs = Object.entries(known.outputs ?? {}).filter(([key]) => isStack && keptOutputs.includes(key));
  return {
    inputs: keptInputs(known.inputs ?? {}),
    ...(outputs.length === 0 ? {} : { outputs: Object.fromEntries(outputs) }),
  };
}

function trimStep(found: z.infer<typeof metadata>): unknown {
  const { op, urn, type, old, new: after } = found;
  const isStack = type === stackType;
  // A host that stays is only a name.
  if (op === "same" && !isStack) return { op, urn };
  // Of what goes, nothing is compared.
  if (op === "delete") return { op, urn, old: {} };
  return { op, urn, old: trim(old, isStack), new: trim(after, isStack), detailedDiff: found["detailedDiff"] };
}

function trimEvent(known: Event): unknown {
  const pre = known.resourcePreEvent?.metadata;
  if (pre !== undefined) {
    const isKept = pre.op !== "same" || [stackType, "redoubt:hosts:HardenedHost"].includes(pre.type);
    return isKept ? { resourcePreEvent: { metadata: trimStep(pre) } } : undefined;
  }
  const post = known.resOutputsEvent?.metadata;
  if (post !== undefined) {
    return post.type === stackType ? { resOutputsEvent: { metadata: trimStep(post) } } : undefined;
  }
  if (known.summaryEvent !== undefined) return { summaryEvent: known.summaryEvent };
  if (known.policyEvent !== undefined) return { policyEvent: known.policyEvent };
  return known.diagnosticEvent?.severity === "error" ? { diagnosticEvent: known.diagnosticEvent } : undefined;
}

/** The events of a log that a fixture keeps, one a line. */
export function trimRecording(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "");
  return lines
    .map((line) => trimEvent(event.parse(JSON.parse(line))))
    .filter((kept) => kept !== undefined)
    .map((kept) => `${JSON.stringify(kept)}\n`)
    .join("");
}

if (require.main === module) {
  const [log, fixture] = process.argv.slice(2);
  if (log === undefined || fixture === undefined) throw new Error("usage: record-preview.ts LOG FIXTURE");
  writeFileSync(fixture, trimRecording(readFileSync(log, "utf8")));
}
