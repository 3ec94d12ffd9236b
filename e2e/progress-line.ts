/** What a line of ginkgo's says of the tests: one has ended. */
export interface Ended {
  readonly name: string;
  readonly passed: boolean;
  /** As ginkgo says it: `20.114 seconds`. */
  readonly took: string;
}

/** Follows what ginkgo says (`--ginkgo.v --ginkgo.no-color`), which names a test when it begins, and not when it ends. */
export class ProgressLines {
  #name = "";

  /** @returns what has ended, if the line says so. */
  public read(line: string): Ended | undefined {
    // The title, then its labels once more.
    const title = /^(\[sig-[a-z-]+\] .*?)(?: \[sig-[^\]]*\])?$/.exec(line);
    if (title !== null) this.#name = title[1] ?? "";
    const [, failed, took] =
      /^• (\[FAILED\] |\[PANICKED\] |\[TIMEDOUT\] )?\[([\d.]+ seconds)\]$/.exec(line) ?? [];
    if (took === undefined) return undefined;
    return { name: this.#name, passed: failed === undefined, took };
  }
}
