import { CommandFailed } from "./shell";

/**
 * Runs a command and ends the process: a message on one line for what the user can mend, the exit code of the
 * program that failed when that has already said why.
 */
export function main(command: () => Promise<void>): void {
  command().catch((error: unknown) => {
    if (error instanceof CommandFailed) process.exit(error.exitCode);
    process.stderr.write(`redoubt: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
