import type { Finding, Look } from "./finding";

/** What was seen at one place. */
export interface PlaceReport {
  /** Name of the host; `cluster` for the objects of the cluster, `account` for the resources of the cloud. */
  readonly name: string;
  /** IPv4 address of the host; undefined for what is no host. */
  readonly address?: string | undefined;
  readonly look: Look;
}

/** What a run of `npm run drift` saw. */
export interface DriftReport {
  readonly stack: string;
  readonly places: readonly PlaceReport[];
}

/** Everything that is not as it was left. */
export function findingsOf(report: DriftReport): Finding[] {
  return report.places.flatMap(({ look }) => (look.seen ? look.findings : []));
}

/** `incomplete` before `drift`: what could not be seen may be worse than what was. */
export function resultOf(report: DriftReport): "none" | "drift" | "incomplete" {
  if (report.places.some(({ look }) => !look.seen)) return "incomplete";
  return findingsOf(report).length > 0 ? "drift" : "none";
}

/** 0 none, 2 drift, 1 could not look everywhere. */
export function exitCodeOf(report: DriftReport): number {
  return { none: 0, drift: 2, incomplete: 1 }[resultOf(report)];
}

/** The report as `--json` prints it; docs/drift.md describes it. */
export function reportJson(report: DriftReport, checkedAt: Date): string {
  const places = report.places.map(({ name, address, look }) => ({
    name,
    ...(address === undefined ? {} : { address }),
    ...(look.seen
      ? { seen: true, compared: look.compared, findings: look.findings, warnings: look.warnings }
      : { seen: false, reason: look.reason }),
  }));
  const document = {
    version: 1,
    stack: report.stack,
    checkedAt: checkedAt.toISOString(),
    result: resultOf(report),
    places,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function findingText({ subject, wanted, found, diff, repair }: Finding): string {
  const lines = [
    `  ${subject}`,
    `      wanted: ${wanted}`,
    `      found:  ${found}`,
    ...diff.map((line) => `        ${line}`),
    ...(repair.by === "hand" ? [`      by hand: ${repair.advice}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function placeText({ name, address, look }: PlaceReport): string {
  const title = address === undefined ? name : `${name} (${address})`;
  if (!look.seen) return `${title}: could not look: ${look.reason}\n`;
  const count = look.findings.length;
  const verdict =
    count === 0 ? "as it was left" : `${count} ${count === 1 ? "thing differs" : "things differ"}`;
  const warnings = look.warnings.map((warning) => `  warning: ${warning}\n`);
  return `${title}: ${verdict} (${look.compared} compared)\n${look.findings.map(findingText).join("")}${warnings.join("")}`;
}

function conclusion(report: DriftReport): string {
  const findings = findingsOf(report);
  const byUp = findings.filter(({ repair }) => repair.by === "up").length;
  const byHand = findings.length - byUp;
  const lines = [
    ...(byUp === 0
      ? []
      : [`Fix: npm run up -- --repair --stack ${report.stack} (puts ${byUp} of ${findings.length} right)`]),
    ...(byHand === 0
      ? []
      : [`Fix by hand: ${byHand} of ${findings.length}, because no program knows whether it was meant`]),
  ];
  const incomplete = report.places.filter(({ look }) => !look.seen).map(({ name }) => name);
  if (incomplete.length > 0) {
    lines.push(
      `Not everything could be looked at: ${incomplete.join(", ")}. With --repair up starts machines of this box and then wants to see everything; of hosts elsewhere, up without it repairs those that it reaches`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The report for people: place by place, each difference with what was wanted and what is there. */
export function reportText(report: DriftReport): string {
  const end = conclusion(report);
  return `${report.places.map(placeText).join("")}${end === "" ? "No drift.\n" : `\n${end}`}`;
}
