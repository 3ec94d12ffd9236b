import type { CheckResult, CheckStatus, HostResults } from "./results";

/** What was seen on one host. */
export interface HostReport {
  readonly name: string;
  /** Why nothing was seen, where it was not. */
  readonly look:
    | { readonly seen: true; readonly results: HostResults }
    | { readonly seen: false; readonly reason: string };
}

/** What is said of a recommendation on the auditor's page. */
export type Answer = (id: string) => string | undefined;

/** What a run of `npm run cis` saw. */
export interface BenchmarkReport {
  readonly stack: string;
  readonly hosts: readonly HostReport[];
}

/** One check over all hosts that it was made on. */
interface Row {
  readonly id: string;
  readonly text: string;
  /** The worst of all hosts. */
  readonly status: CheckStatus;
  readonly looked: boolean;
  /** Where it was not passed, and what was found there. */
  readonly places: readonly { readonly host: string; readonly status: CheckStatus; readonly found: string }[];
}

/**
 * What kube-bench looks at and does not pass on any cluster of this project; each is answered. It calls whatever else of its unscored
 * checks does not pass a warning too, a private key that everybody may read among them: here that is a failure.
 */
export const answeredWarnings: readonly string[] = ["1.2.11", "4.2.12", "4.2.15"];

function isFailed({ id, status, looked }: Row): boolean {
  return status === "FAIL" || (status === "WARN" && looked && !answeredWarnings.includes(id));
}

const worstFirst: readonly CheckStatus[] = ["FAIL", "WARN", "INFO", "PASS"];

/** Ids in the benchmark's order: 1.2.9 before 1.2.10. */
function byId(left: Row, right: Row): number {
  return left.id.localeCompare(right.id, "en", { numeric: true });
}

/** All checks, each once. */
export function rowsOf({ hosts }: BenchmarkReport): Row[] {
  const results = new Map<string, { host: string; check: CheckResult }[]>();
  for (const { name: host, look } of hosts) {
    if (!look.seen) continue;
    for (const check of look.results.checks) {
      results.set(check.id, [...(results.get(check.id) ?? []), { host, check }]);
    }
  }
  const rows = [...results].map(([id, seen]): Row => {
    const statuses = new Set(seen.map(({ check }) => check.status));
    return {
      id,
      text: seen[0]?.check.text ?? "",
      status: worstFirst.find((status) => statuses.has(status)) ?? "INFO",
      looked: seen.some(({ check }) => check.looked),
      places: seen
        .filter(({ check }) => check.status !== "PASS")
        .map(({ host, check }) => ({ host, status: check.status, found: check.found })),
    };
  });
  return rows.sort(byId);
}

/** `incomplete` before `failed`: what could not be seen may be worse than what was. */
export function resultOf(report: BenchmarkReport): "passed" | "failed" | "incomplete" {
  if (report.hosts.some(({ look }) => !look.seen)) return "incomplete";
  return rowsOf(report).some(isFailed) ? "failed" : "passed";
}

/** 0 nothing failed, 2 something failed, 1 could not look everywhere. */
export function exitCodeOf(report: BenchmarkReport): number {
  return { passed: 0, failed: 2, incomplete: 1 }[resultOf(report)];
}

/** How many checks passed, failed, or want somebody to look. */
export function totalsOf(
  rows: readonly Row[],
): Readonly<Record<"passed" | "failed" | "warned" | "byHand", number>> {
  const count = (test: (row: Row) => boolean): number => rows.filter(test).length;
  return {
    passed: count(({ status }) => status === "PASS"),
    failed: count(isFailed),
    warned: count((row) => row.looked && row.status !== "PASS" && !isFailed(row)),
    byHand: count(({ looked }) => !looked),
  };
}

function benchmarkOf({ hosts }: BenchmarkReport): string | undefined {
  return hosts.flatMap(({ look }) => (look.seen ? [look.results.benchmark] : []))[0];
}

/** The report as `--json` prints it; docs/cis.md describes it. */
export function reportJson(report: BenchmarkReport, answer: Answer, checkedAt: Date): string {
  const rows = rowsOf(report);
  const document = {
    version: 1,
    stack: report.stack,
    benchmark: benchmarkOf(report),
    checkedAt: checkedAt.toISOString(),
    result: resultOf(report),
    totals: totalsOf(rows),
    checks: rows.map((row) => ({ ...row, failed: isFailed(row), answer: answer(row.id) })),
    hosts: report.hosts.map(({ name, look }) =>
      look.seen
        ? { name, seen: true, checks: look.results.checks.length }
        : { name, seen: false, reason: look.reason },
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function rowText(row: Row, answer: Answer): string {
  const { id, text, looked, places } = row;
  const said = answer(id);
  // Of what nobody looked at there is nothing to find.
  const found = looked
    ? places.map(({ host, found }) => `      ${host}: ${found === "" ? "not as asked" : found}`)
    : [];
  const lines = [
    `${isFailed(row) ? "FAIL" : "WARN"}  ${id}  ${text}`,
    ...found,
    ...(said === undefined ? [] : [`      here: ${said}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function hostText({ name, look }: HostReport): string {
  if (!look.seen) return `${name}: could not look: ${look.reason}\n`;
  return `${name}: ${look.results.checks.length} checks\n`;
}

/** The report for people: what did not pass, with what was found, and what this project says of it. */
export function reportText(report: BenchmarkReport, answer: Answer): string {
  const rows = rowsOf(report);
  const { passed, failed, warned, byHand } = totalsOf(rows);
  const open = rows.filter(({ status }) => status !== "PASS");
  return [
    ...open.map((row) => rowText(row, answer)),
    ...(open.length === 0 ? [] : ["\n"]),
    ...report.hosts.map(hostText),
    `${benchmarkOf(report) ?? "no benchmark"}: ${passed} passed, ${failed} failed, ${warned} to look at, ${byHand} that kube-bench leaves to people\n`,
  ].join("");
}
