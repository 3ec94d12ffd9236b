import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { Transform, type TransformCallback, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { dataFolder } from "./stack";

const headlineSchema = z.object({
  /** As `etcdutl snapshot status` says it. */
  status: z.looseObject({ revision: z.number(), totalKey: z.number() }),
  /** Of the file as it lies on the host. */
  sha256: z.string(),
});

/** A snapshot that is on this box. */
export interface Snapshot {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly revision: number;
  readonly keys: number;
}

/** Where a snapshot goes when nobody says so: beside the state, by its stack and the time of UTC. */
export function defaultSnapshotFile(stack: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return path.join(dataFolder(), "snapshots", `${stack}-${time}.db`);
}

/** Longest first line; a host that sends something else is not waited for. */
const longestHeadline = 4096;

/** Keeps the first line of a stream; the rest goes on, counted. */
class Headline extends Transform {
  public bytes = 0;
  public readonly hash = createHash("sha256");
  private line = Buffer.alloc(0);
  private complete = false;

  public get text(): string {
    return this.line.toString("utf8");
  }

  public override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.complete) {
      this.pass(chunk, done);
      return;
    }
    const end = chunk.indexOf("\n");
    this.line = Buffer.concat([this.line, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (this.line.length > longestHeadline) {
      done(new Error("the host answered something else than a snapshot"));
      return;
    }
    this.complete = end >= 0;
    if (this.complete) this.pass(chunk.subarray(end + 1), done);
    else done();
  }

  private pass(chunk: Buffer, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.hash.update(chunk);
    done(null, chunk);
  }
}

/** Refuses to write over a file: it may be the only snapshot that there is. */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw new Error(`${file} is there already. Fix: name another file by --output`);
}

/**
 * Writes what a snapshot script prints to a file that only the user reads. The file is there when all of it has come and is what the host
 * had, and not before.
 *
 * @param send Runs the script, its stdout into a stream.
 */
export async function receiveSnapshot(
  file: string,
  send: (into: Writable) => Promise<void>,
): Promise<Snapshot> {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const part = path.join(folder, `.${path.basename(file)}.${process.pid}`);
  const headline = new Headline();
  // Opened here: a stream opens its file later, perhaps after a failure has removed what was not there yet.
  const fd = openSync(part, "wx", 0o600);
  // On the disk, and not only on its way there, before it is called a snapshot.
  const written = pipeline(headline, createWriteStream(part, { fd, flush: true }));
  try {
    const sent = send(headline).catch((error: unknown) => {
      headline.destroy();
      throw error;
    });
    const [sending, writing] = await Promise.allSettled([sent, written]);
    for (const outcome of [sending, writing]) if (outcome.status === "rejected") throw outcome.reason;
    const { status, sha256 } = headlineSchema.parse(JSON.parse(headline.text));
    const arrived = headline.hash.digest("hex");
    if (arrived !== sha256) throw new Error(`the snapshot did not arrive whole: ${arrived} is not ${sha256}`);
    refuseExisting(file);
    renameSync(part, file);
    return { file, bytes: headline.bytes, sha256, revision: status.revision, keys: status.totalKey };
  } finally {
    rmSync(part, { force: true });
  }
}
