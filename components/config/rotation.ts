import type { Problem } from "./problem";
import { repeated } from "./repeated";

/** Generations of a key, or of an authority: one does the work, and some are accepted, under the names of their settings. */
export type Generations<Current extends string, Accepted extends string> = Readonly<
  Record<Current, number> & Record<Accepted, readonly number[]>
>;

/**
 * How something is rotated: the next generation is accepted everywhere first, then it does the work, then the former one is accepted no
 * more. What the stages are for is said by each rotation in its own words, because an operator reads them.
 */
export interface Rotation<Current extends string, Accepted extends string> {
  /** The block of settings, as `pki.authorities`. */
  readonly block: string;
  /** Setting of the generation that does the work, as `issuing`. */
  readonly current: Current;
  /** Setting of those that are accepted, as `trusted`. */
  readonly accepted: Accepted;
  /** What the current one does, as "it issues". */
  readonly does: string;
  /** What comes of one that does it and is not accepted. */
  readonly unaccepted: string;
  /** Why it must not do it at once. */
  readonly tooEarly: string;
  /** Why the one that does it now must not go. */
  readonly tooLate: (dropped: number) => string;
  /** What comes before it may go, and that it goes then; its number is put behind. */
  readonly thenDrop: string;
}

/** Relations within the settings of a rotation. */
export function rotationProblems<Current extends string, Accepted extends string>(
  { block, current, accepted, does, unaccepted }: Rotation<Current, Accepted>,
  settings: Generations<Current, Accepted>,
): Problem[] {
  const value: number = settings[current];
  const list: readonly number[] = settings[accepted];
  const problems: Problem[] = repeated(list).map((twice) => ({
    setting: `${block}.${accepted}`,
    value: twice,
    rule: "is there twice",
    fix: "name each once",
  }));
  if (list.includes(value)) return problems;
  const rule = `is not among ${accepted}: ${unaccepted}`;
  const fix = `add ${value} to ${accepted}, and run up, before ${does}`;
  return [{ setting: `${block}.${current}`, value, rule, fix }, ...problems];
}

/** Whether what runs by one set of generations may go to another in one step. */
export function checkRotationStep<Current extends string, Accepted extends string>(
  { block, current, accepted, tooEarly, tooLate, thenDrop }: Rotation<Current, Accepted>,
  from: Generations<Current, Accepted>,
  to: Generations<Current, Accepted>,
): Problem[] {
  const before: number = from[current];
  const next: number = to[current];
  const acceptedBefore: readonly number[] = from[accepted];
  const acceptedNext: readonly number[] = to[accepted];
  const problems: Problem[] = [];
  if (!acceptedBefore.includes(next)) {
    problems.push({
      setting: `${block}.${current}`,
      value: next,
      rule: tooEarly,
      fix: `add ${next} to ${accepted}, keep ${current} at ${before} and run up first`,
    });
  }
  if (!acceptedNext.includes(before)) {
    problems.push({
      setting: `${block}.${accepted}`,
      value: acceptedNext,
      rule: tooLate(before),
      fix: `${thenDrop} ${before}`,
    });
  }
  return problems;
}
