import { z } from "zod";
import type { Finding } from "./finding";
import { reportLines, reportValue } from "./text-diff";

const stateSchema = z.looseObject({
  type: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

const stepSchema = z.looseObject({
  op: z.string(),
  urn: z.string(),
  oldState: stateSchema.nullish(),
  newState: stateSchema.nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});
type Step = z.infer<typeof stepSchema>;

/** What `pulumi refresh --preview-only --json` prints (`display.PreviewDigest`). */
const digestSchema = z.looseObject({
  steps: z.array(stepSchema).nullish(),
  diagnostics: z.array(z.looseObject({ severity: z.string().optional(), message: z.string() })).nullish(),
});

/** Keys along a property path, as `tags["a.b"]` and `routes[0].cidr` (pulumi.com/docs/iac/concepts/property-paths). */
function keysOf(path: string): readonly string[] {
  const parts = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[]+)/g);
  return [...parts].map(([, quoted, index, plain]) => quoted ?? index ?? plain ?? "");
}

function valueAt(path: string, root: unknown): unknown {
  return keysOf(path).reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    root,
  );
}

function shown(value: unknown): string {
  return value === undefined ? "not there" : reportValue(JSON.stringify(value));
}

/** `aws:ec2/instance:Instance` as the docs have it: `aws:ec2:Instance`. */
function shortType(type: string): string {
  return type.replace(/\/[^:]*:/, ":");
}

function findingOf({ op, urn, oldState, newState, detailedDiff }: Step): Finding[] {
  const subject = `${shortType(oldState?.type ?? "")} ${urn.split("::").at(-1) ?? urn}`;
  const repair = { by: "up", way: "refresh", urns: [urn] } as const;
  if (op === "delete") return [{ subject, wanted: "is there", found: "was deleted", diff: [], repair }];
  if (op !== "update") return [];
  const fields = Object.keys(detailedDiff ?? {}).map((path) => ({
    path,
    // What the program did not say is known by what the provider answered when it was made.
    wanted: valueAt(path, oldState?.inputs) ?? valueAt(path, oldState?.outputs),
    found: valueAt(path, newState?.inputs) ?? valueAt(path, newState?.outputs),
  }));
  const [first] = fields;
  if (first === undefined) return [];
  const diff = fields.flatMap(({ path, wanted, found }) => [
    ...(wanted === undefined ? [] : [`-${path}: ${shown(wanted)}`]),
    ...(found === undefined ? [] : [`+${path}: ${shown(found)}`]),
  ]);
  return [
    {
      subject,
      wanted: shown(first.wanted),
      found: `${first.path} is ${shown(first.found)}`,
      diff: reportLines(diff),
      repair,
    },
  ];
}

/**
 * What of an account's resources is not as the last `up` left it, by what the engine printed after it asked the account: it compares
 * what is there with what the program said then.
 *
 * @throws with what the engine said, when it could not ask for everything.
 */
export function accountFindings(printed: string): readonly Finding[] {
  const { steps, diagnostics } = digestSchema.parse(JSON.parse(printed));
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message.trim()).join("; "));
  return (steps ?? []).flatMap(findingOf);
}
