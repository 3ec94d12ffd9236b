import type { Readable, Writable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";

/** How a script is run on a host. */
export interface ScriptRun {
  /** How messages call it. */
  readonly what: string;
  /** Seconds in which no byte comes or goes until it is given up. */
  readonly quietSeconds: number;
  /** Where its stdout goes, byte for byte, no faster than that takes it. */
  readonly into: Writable;
  /** What follows the script on stdin: bash reads to the end of a group and no further, and what the group runs reads the rest. */
  readonly from?: Readable | undefined;
}

/** Joins the streams of a script that runs; calls `moved` whenever a byte comes or goes, and `ended` with its exit code. */
function join(
  channel: ClientChannel,
  script: string,
  { into, from }: ScriptRun,
  moved: () => void,
  ended: (code: number | undefined, complaint: string) => void,
): void {
  let complaint = "";
  channel.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
  // Also when the connection is lost: then without a code.
  channel.on("close", (code: number | undefined) => {
    ended(code, complaint.trim().slice(-400));
  });
  channel.on("data", moved).pipe(into, { end: false });
  if (from === undefined) {
    channel.end(script);
    return;
  }
  channel.write(script);
  from.on("data", moved).pipe(channel);
}

/**
 * Runs a script as root. Not by `pipeline`: streams of ssh2 end in a way of their own, which it would wait for in vain.
 *
 * @throws when it ends with another code than 0, with the end of what it complained of; when nothing moves for too long; or when a stream
 * of this box fails.
 */
export function runOnHost(client: Client, script: string, run: ScriptRun): Promise<void> {
  const { what, quietSeconds, into, from } = run;
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${what} took longer than ${quietSeconds} s`));
    }, quietSeconds * 1000);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    for (const stream of [into, ...(from === undefined ? [] : [from])]) stream.on("error", fail);
    client.exec("sudo --non-interactive bash -s", (error, channel) => {
      if (error !== undefined) {
        fail(error);
        return;
      }
      const moved = (): void => void timer.refresh();
      join(channel, script, run, moved, (code, complaint) => {
        clearTimeout(timer);
        if (code === 0) into.end(resolve);
        else reject(new Error(`${what} ended with ${code ?? "no code"}: ${complaint}`));
      });
    });
  }).finally(() => from?.destroy());
}
