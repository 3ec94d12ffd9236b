import { CommandFailed } from "./shell";

/** How {@link main} ends. */
export interface MainOptions {
  /**
   * What it ends with when a program that it ran failed. `theirs`: the program's own exit code; `1`: where other codes than 0 and 1 say
   * something of their own. Default: `theirs`.
   */
  readonly failedProgram?: "theirs" | 1;
}

/**
 * Runs a command and ends the process: a message on one line for what the user can mend, the exit code of the
 * program that failed when that has already said why.
 */
export function main(command: () => Promise<void>, { failedProgram = "theirs" }: MainOptions = {}): void {
  let ended = false;
  // Where nothing is left to wait for Node.js ends with 0, whether the work is done or not.
  process.once("beforeExit", () => {
    if (ended) return;
    process.stderr.write("redoubt: nothing is left to wait for, but the work has not ended\n");
    process.exit(1);
  });
  command().then(
    () => {
      ended = true;
    },
    (error: unknown) => {
      if (error instanceof CommandFailed) process.exit(failedProgram === 1 ? 1 : error.exitCode);
      process.stderr.write(`redoubt: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
