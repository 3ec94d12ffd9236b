import { z } from "zod";

const specSchema = z.looseObject({
  ContainerHierarchyTexts: z.array(z.string()).nullable(),
  LeafNodeText: z.string(),
  LeafNodeType: z.string(),
  State: z.string(),
  /** Nanoseconds. */
  RunTime: z.number(),
  Failure: z.looseObject({ Message: z.string() }).optional(),
});
const suitesSchema = z
  .array(
    z.looseObject({
      SuiteSucceeded: z.boolean(),
      /** Why it ended as a whole, as `Interrupted by User`. */
      SpecialSuiteFailureReasons: z.array(z.string()).nullish(),
      SpecReports: z.array(specSchema).nullable(),
    }),
  )
  .nonempty();

/** One test that was run. */
export interface RunSpec {
  /** Its title, with those that it stands under. */
  readonly name: string;
  readonly seconds: number;
  /** Why it failed, or did not apply; empty for one that passed. */
  readonly message: string;
}

/** What a run of Kubernetes' own tests ended with. */
export interface SpecReport {
  readonly passed: readonly RunSpec[];
  readonly failed: readonly RunSpec[];
  /** Those that looked at the cluster and said that they do not apply. */
  readonly inapplicable: readonly RunSpec[];
  /** What failed beside the tests, as the wait for all nodes before them. */
  readonly broken: readonly RunSpec[];
  /** Why not all were run that were chosen; empty where all were. */
  readonly incomplete: readonly string[];
}

/** A state that is neither of these is a failure: failed, panicked, timedout, interrupted, aborted (ginkgo, types.SpecState). */
const notFailed = new Set(["passed", "skipped", "pending"]);

/**
 * Reads the report that ginkgo writes as JSON.
 *
 * @throws when it is no such report.
 */
export function readSpecReport(json: string): SpecReport {
  const suites = suitesSchema.parse(JSON.parse(json));
  const reports = suites.flatMap(({ SpecReports }) => SpecReports ?? []);
  const read = (wanted: (spec: z.infer<typeof specSchema>) => boolean): RunSpec[] =>
    reports
      .filter(wanted)
      .map(({ ContainerHierarchyTexts, LeafNodeText, LeafNodeType, RunTime, Failure }) => ({
        name: [...(ContainerHierarchyTexts ?? []), LeafNodeText === "" ? LeafNodeType : LeafNodeText].join(
          " ",
        ),
        seconds: Math.round(RunTime / 1e9),
        message: Failure?.Message ?? "",
      }));
  const isTest = ({ LeafNodeType }: z.infer<typeof specSchema>): boolean => LeafNodeType === "It";
  const failed = read((spec) => isTest(spec) && !notFailed.has(spec.State));
  const broken = read((spec) => !isTest(spec) && !notFailed.has(spec.State));
  const unexplained =
    suites.some(({ SuiteSucceeded }) => !SuiteSucceeded) && failed.length === 0 && broken.length === 0;
  return {
    passed: read((spec) => isTest(spec) && spec.State === "passed"),
    failed,
    // Those that nobody chose are skipped too, without a word.
    inapplicable: read((spec) => isTest(spec) && spec.State === "skipped" && spec.Failure !== undefined),
    broken,
    incomplete: [
      ...suites.flatMap(({ SpecialSuiteFailureReasons }) => SpecialSuiteFailureReasons ?? []),
      ...(unexplained ? ["the run failed, and no test did"] : []),
    ],
  };
}

/** 0 all passed, 2 some failed, 1 nothing was run, or not all. */
export function exitCodeOf({ passed, failed, broken, incomplete }: SpecReport): number {
  if (broken.length > 0 || incomplete.length > 0 || passed.length + failed.length === 0) return 1;
  return failed.length === 0 ? 0 : 2;
}

/** The first line of a message that says much, cut where it is long. */
function briefly(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length > 300 ? `${line.slice(0, 300)} …` : line;
}

/** The report for people. */
export function reportText(report: SpecReport): string {
  const { passed, failed, inapplicable, broken, incomplete } = report;
  const told = (what: string, specs: readonly RunSpec[]): string[] =>
    specs.flatMap(({ name, message }) => [`${what}  ${name}\n`, `      ${briefly(message)}\n`]);
  return [
    ...told("BROKEN", broken),
    ...told("FAILED", failed),
    ...told("does not apply", inapplicable),
    ...incomplete.map((reason) => `not all were run: ${reason}\n`),
    `${passed.length} passed, ${failed.length} failed, ${inapplicable.length} do not apply\n`,
  ].join("");
}
