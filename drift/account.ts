import { z } from "zod";
import { differences, tellDifferences } from "./field-difference";
import type { Finding } from "./finding";

const stateSchema = z
  .looseObject({ type: z.string(), inputs: z.record(z.string(), z.unknown()).optional() })
  .nullish();

/** A line of the engine's event log (`sdk/go/common/apitype/events.go`), as far as it is looked at. */
const eventSchema = z.looseObject({
  resOutputsEvent: z
    .looseObject({
      metadata: z.looseObject({ op: z.string(), urn: z.string(), old: stateSchema, new: stateSchema }),
    })
    .optional(),
  diagnosticEvent: z.looseObject({ severity: z.string(), message: z.string() }).optional(),
  /** The last of a run that came to its end. */
  summaryEvent: z.looseObject({}).optional(),
});
type Outcome = NonNullable<z.infer<typeof eventSchema>["resOutputsEvent"]>["metadata"];

/** `aws:ec2/instance:Instance` as the docs have it: `aws:ec2:Instance`. */
function shortType(type: string): string {
  return type.replace(/\/[^:]*:/, ":");
}

/** What differs though the provider reads every input back as it was given. */
const elsewhere = { wanted: "as it was made", found: "another one", diff: [] };

function findingOf({ op, urn, old, new: read }: Outcome): Finding[] {
  const subject = `${shortType(old?.type ?? "")} ${urn.split("::").at(-1) ?? urn}`;
  const repair = { by: "up", way: "refresh", urns: [urn] } as const;
  if (op === "delete") return [{ subject, wanted: "is there", found: "was deleted", diff: [], repair }];
  if (op !== "update") return [];
  return [
    {
      subject,
      ...(tellDifferences(differences(old?.inputs ?? {}, read?.inputs ?? {})) ?? elsewhere),
      repair,
    },
  ];
}

/**
 * What of an account's resources is not as the last `up` left it, by the log of an engine that asked the account: it calls an update what
 * another `up` would change back.
 *
 * @throws with what the engine said, when it could not ask for everything.
 */
export function accountFindings(log: string): readonly Finding[] {
  const events = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => eventSchema.parse(JSON.parse(line)));
  const errors = events.flatMap(({ diagnosticEvent: said }) =>
    said?.severity === "error" ? [said.message.trim()] : [],
  );
  if (errors.length > 0) throw new Error(errors.join("; "));
  if (!events.some(({ summaryEvent }) => summaryEvent !== undefined)) {
    throw new Error("the engine ended before it had asked for everything");
  }
  return events.flatMap(({ resOutputsEvent: outcome }) =>
    outcome === undefined ? [] : findingOf(outcome.metadata),
  );
}
