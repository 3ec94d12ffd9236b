import { z } from "zod";

/** What kube-bench says of a check: `WARN` where somebody must look, `INFO` where it was told to skip it. */
export const checkStatuses = ["PASS", "FAIL", "WARN", "INFO"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** One check on one host. */
export interface CheckResult {
  /** Id of the recommendation, as `1.2.6`. */
  readonly id: string;
  /** The recommendation, in the benchmark's words. */
  readonly text: string;
  readonly status: CheckStatus;
  /** Whether kube-bench looks at it: what is wholly left to people is neither passed nor failed. */
  readonly looked: boolean;
  /** What it found there, or why it could not look; empty where that is nothing, or too much to show. */
  readonly found: string;
}

/** Characters of what is shown of a finding. */
const shownLength = 120;

/** Modes, owners and values are short. Command lines are long, and of a kubeconfig the whole would hold a key. */
function shown(found: string): string {
  const text = found.trim();
  return text.length > shownLength || text.includes("\n") ? "" : text;
}

const resultSchema = z.looseObject({
  test_number: z.string(),
  test_desc: z.string(),
  type: z.string(),
  status: z.enum(checkStatuses),
  actual_value: z.string(),
  reason: z.string().optional(),
});
const controlsSchema = z.looseObject({
  version: z.string(),
  tests: z.array(z.looseObject({ results: z.array(resultSchema) })),
});

/** What one host answered. */
export interface HostResults {
  /** The benchmark's name, as kube-bench has it: `cis-1.11`. */
  readonly benchmark: string;
  readonly checks: readonly CheckResult[];
}

/**
 * Reads what `cis-benchmark` printed.
 *
 * @throws when it is no such answer, or an empty one.
 */
export function readResults(answer: string): HostResults {
  const parts = z.array(controlsSchema).nonempty().parse(JSON.parse(answer));
  const checks = parts.flatMap(({ tests }) =>
    tests.flatMap(({ results }) =>
      results.map(({ test_number, test_desc, type, status, actual_value, reason }) => ({
        id: test_number,
        text: test_desc.replaceAll(/\s+/g, " ").trim(),
        status,
        looked: type !== "manual",
        found: shown(actual_value === "" ? (reason ?? "") : actual_value),
      })),
    ),
  );
  return { benchmark: parts[0]?.version ?? "", checks };
}
