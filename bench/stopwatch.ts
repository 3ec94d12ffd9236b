/** Seconds per phase of one run, in the order in which the phases ended. */
export type Phases = Readonly<Record<string, number>>;

/** Measures phases that follow each other. */
export class Stopwatch {
  private last = performance.now();
  private readonly measured: Record<string, number> = {};

  /** Ends the running phase under this name. */
  public lap(phase: string): void {
    const now = performance.now();
    this.measured[phase] = (now - this.last) / 1000;
    this.last = now;
  }

  public phases(): Phases {
    return { ...this.measured };
  }
}

/** Sum of all phases, in seconds. */
export function total(phases: Phases): number {
  return Object.values(phases).reduce((sum, seconds) => sum + seconds, 0);
}

/** The middle value; of two middle values the lower. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
