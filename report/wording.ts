import { impactTexts } from "./impact";
import type { PolicyViolation } from "./preview";
import type { Report } from "./report";
import { parseUrn } from "./urn";

/** The headline: the stack and the worst that would happen to it. */
export function headline(report: Report): string {
  if (!report.complete) return `${report.stack}: the preview did not come to its end`;
  if (report.worstChange === undefined) return `${report.stack}: nothing changes`;
  return `${report.stack}: ${impactTexts[report.worst.class].title}`;
}

/** One sentence on why the headline says what it says; empty when nothing changes. */
export function headlineReason({ worstChange }: Report): string {
  if (worstChange === undefined) return "";
  return `${worstChange.place}, ${worstChange.title}: ${worstChange.impact.reason}`;
}

/** What the policy packs said, in one sentence. */
export function policySummary({ policyPacks, violations }: Report): string {
  if (policyPacks === undefined)
    return "This recording does not say what policies found (pulumi preview --json leaves it out).";
  const names = Object.entries(policyPacks).map(([name, version]) => {
    // The engine calls a pack of a folder NAME|local|FOLDER; where the folder lies is nobody's business.
    const [own = name] = name.split("|");
    return version === "" ? own : `${own} ${version}`;
  });
  if (names.length === 0 && violations.length === 0) return "No policy pack ran.";
  const mandatory = violations.filter(({ level }) => level === "mandatory").length;
  const others = violations.length - mandatory;
  const packs = names.length === 0 ? "policies" : names.join(", ");
  if (violations.length === 0) return `${packs}: no violation.`;
  return `${packs}: ${mandatory} mandatory and ${others} other violations.`;
}

/** The resource that a violation is about, as people call it. */
export function violationPlace({ resource }: PolicyViolation): string {
  try {
    return parseUrn(resource).name;
  } catch {
    return "the stack";
  }
}

/** Places that are named at most; of more only the number is said. */
const mostPlaces = 8;

/** The places in one line. */
export function placesText(places: readonly string[]): string {
  const named = places.slice(0, mostPlaces).join(", ");
  return places.length <= mostPlaces ? named : `${named} and ${places.length - mostPlaces} more`;
}
