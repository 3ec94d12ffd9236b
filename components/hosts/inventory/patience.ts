import { setTimeout as sleep } from "node:timers/promises";

/**
 * Tries again for a while what fails for a reason that passes.
 *
 * @param milliseconds Until no other attempt begins.
 * @param pauseAfter How many milliseconds to wait after an error; undefined where it is final.
 * @throws what the last attempt threw.
 */
export async function patiently<Result>(
  milliseconds: number,
  pauseAfter: (error: unknown) => number | undefined,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const pause = pauseAfter(error);
      if (pause === undefined || Date.now() >= end) throw error;
      await sleep(pause);
    }
  }
}
