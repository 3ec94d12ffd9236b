import type { Change } from "./change";
import { previewChanges } from "./changes";
import { compareImpact, impactClasses, worstImpact, type Impact, type ImpactClass } from "./impact";
import type { PolicyViolation, Preview } from "./preview";
import { parseUrn } from "./urn";

/** Changes of one place, or of several places where exactly the same changes. */
export interface PlaceGroup {
  /** As `worker-0` and `worker-1`, or `namespace app`. */
  readonly places: readonly string[];
  readonly worst: Impact;
  /** Worst first. */
  readonly changes: readonly Change[];
}

/** How often a class occurs, and where. */
export interface ImpactCount {
  readonly class: ImpactClass;
  readonly changes: number;
  readonly places: readonly string[];
}

/** What a reader of a change wants to know, in the order in which they want it. */
export interface Report {
  readonly stack: string;
  /** Worst impact of all changes; of none when nothing changes. */
  readonly worst: Impact;
  /** The change that has it; undefined when nothing changes. */
  readonly worstChange: Change | undefined;
  /** Worst first; only classes that occur. */
  readonly counts: readonly ImpactCount[];
  /** Worst first. */
  readonly groups: readonly PlaceGroup[];
  /** Mandatory ones first. */
  readonly violations: readonly PolicyViolation[];
  /** See `Preview.policyPacks`. */
  readonly policyPacks: Preview["policyPacks"];
  readonly errors: readonly string[];
  readonly complete: boolean;
}

const nothing: Impact = { class: "none", reason: "nothing changes" };

/** What must be equal for two places to be told of at once. */
const fingerprint = (changes: readonly Change[]): string =>
  JSON.stringify(changes.map(({ place, ...change }) => [place === "", change]));

function byPlace(changes: readonly Change[]): Map<string, Change[]> {
  const places = new Map<string, Change[]>();
  for (const change of changes) places.set(change.place, [...(places.get(change.place) ?? []), change]);
  return places;
}

/** Changes by place, the places with the same changes together; worst first. */
export function groupChanges(changes: readonly Change[]): PlaceGroup[] {
  const groups = new Map<string, { places: string[]; changes: Change[] }>();
  for (const [place, own] of byPlace(changes)) {
    const key = fingerprint(own);
    const group = groups.get(key) ?? { places: [], changes: own };
    group.places.push(place);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ places, changes: own }) => ({
      places: places.sort(),
      worst: worstImpact(
        own.map(({ impact }) => impact),
        nothing,
      ),
      changes: own,
    }))
    .sort(
      (left, right) =>
        compareImpact(left.worst, right.worst) || (left.places[0] ?? "").localeCompare(right.places[0] ?? ""),
    );
}

function countImpacts(changes: readonly Change[]): ImpactCount[] {
  return [...impactClasses]
    .reverse()
    .map((name) => {
      const own = changes.filter(({ impact }) => impact.class === name);
      return { class: name, changes: own.length, places: [...new Set(own.map(({ place }) => place))].sort() };
    })
    .filter((count) => count.changes > 0);
}

const isMandatory = ({ level }: PolicyViolation): boolean => level === "mandatory";

/**
 * The report of a preview.
 *
 * @param stack Name of the stack; default: as the recording says.
 */
export function buildReport(preview: Preview, stack?: string): Report {
  const changes = previewChanges(preview);
  const [worstChange] = changes;
  const [first] = preview.steps;
  return {
    stack: stack ?? (first === undefined ? "unknown" : parseUrn(first.urn).stack),
    worst: worstChange?.impact ?? nothing,
    worstChange,
    counts: countImpacts(changes),
    groups: groupChanges(changes),
    violations: [...preview.violations].sort(
      (left, right) =>
        Number(isMandatory(right)) - Number(isMandatory(left)) ||
        left.policy.localeCompare(right.policy) ||
        left.resource.localeCompare(right.resource),
    ),
    policyPacks: preview.policyPacks,
    errors: preview.errors,
    complete: preview.complete,
  };
}

/** Whether `up` would go ahead: the preview came to its end, without an error and without a mandatory violation. */
export function isAcceptable(report: Report): boolean {
  return report.complete && report.errors.length === 0 && !report.violations.some(isMandatory);
}
