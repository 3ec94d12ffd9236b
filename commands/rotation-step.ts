import { describeProblems, type Problem } from "../components/config/problem";

/** Where a rotation is, and where it shall go. */
export interface RotationStep<Generations> {
  /** What the last `up` that ended well left. Undefined before it: then nothing can be skipped. */
  readonly running: Generations | undefined;
  /** The configured generations; undefined when nothing is known of them. */
  readonly wanted: Generations | undefined;
  /** What the last `up` set out to do, however it ended: where it failed, some hosts are there. */
  readonly attempted?: Generations | undefined;
}

/** What is wrong with going from some generations to others. */
export type StepCheck<Generations> = (from: Generations, to: Generations) => Problem[];

/**
 * Refuses a step of a rotation that skips a stage, before anything changes.
 *
 * @param check From where the last `up` ended that ended well.
 * @param checkAttempted From where one was that ended half-way; what it was to withdraw is not gone before it ends, so the way back may
 * stay open.
 */
export function refuseSkip<Generations>(
  { running, wanted, attempted }: RotationStep<Generations>,
  check: StepCheck<Generations>,
  checkAttempted: StepCheck<Generations> = check,
): void {
  if (running === undefined || wanted === undefined) return;
  const told = check(running, wanted);
  const problems = told.length > 0 || attempted === undefined ? told : checkAttempted(attempted, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
