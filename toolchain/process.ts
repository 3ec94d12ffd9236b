import { spawn } from "node:child_process";

/** A program that failed, with the end of what it said. */
export class ProgramFailed extends Error {}

/** Runs a program to its end and gives its stdout; on failure the error carries the end of its stderr. */
export function execute(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr = (stderr + chunk).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new ProgramFailed(`${program} ${args[0] ?? ""} ended with ${code ?? signal}: ${stderr.trim()}`),
        );
    });
  });
}
