import { spawn, type ChildProcess } from "node:child_process";

/** A command that exited with something else than 0. */
export class CommandFailed extends Error {
  public constructor(
    program: string,
    public readonly exitCode: number,
    /** Whether a signal ended it, so that it could not end in its own way. */
    public readonly killed: boolean,
  ) {
    super(`${program} ${killed ? "was killed" : `exited with ${exitCode}`}`);
  }
}

/** How {@link run} runs a program. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /**
   * `inherit`: the user sees stdout. `capture`: the caller gets it. `stderr`: the user sees it, but it is no part of what the command
   * itself prints. Default: `inherit`.
   */
  readonly stdout?: "inherit" | "capture" | "stderr";
  /** Text for its stdin; secrets go here, never into arguments. Default: no stdin. */
  readonly input?: string;
  /** It is killed when it takes longer. Default: it may take as long as it likes. */
  readonly timeoutSeconds?: number;
}

function stdoutOf(wanted: RunOptions["stdout"]): "pipe" | "inherit" | 2 {
  if (wanted === "capture") return "pipe";
  return wanted === "stderr" ? 2 : "inherit";
}

/** Whether a terminal's interrupt reaches this process and all that it starts. */
function isOnTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}

/** Whoever ends this process ends the child, which ends in its own way. @returns what stops that, once the child has ended. */
export function forwardSignals(child: ChildProcess): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal tells all that run in it. Told twice, who ends in a way of its own would stop at once and leave what it does half-done.
    if (signal !== "SIGINT" || !isOnTerminal()) child.kill(signal);
  };
  process.on("SIGINT", forward).on("SIGTERM", forward);
  return () => {
    process.off("SIGINT", forward).off("SIGTERM", forward);
  };
}

/**
 * Runs a program to its end and gives its stdout when captured. Whoever ends this process ends the program, which ends in its own way.
 *
 * @throws CommandFailed when it exits with something else than 0.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [options.input === undefined ? "ignore" : "pipe", stdoutOf(options.stdout), "inherit"],
      ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
    });
    const stopForwarding = forwardSignals(child);
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    // Who ends without reading all of it says why by its exit code.
    child.stdin?.on("error", () => undefined).end(options.input);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      stopForwarding();
      if (code === 0) resolve(output);
      else reject(new CommandFailed(program, code ?? (signal === "SIGINT" ? 130 : 1), code === null));
    });
  });
}
