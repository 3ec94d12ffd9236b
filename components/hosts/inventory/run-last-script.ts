import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { z } from "zod";
import { asRoot } from "../../plan/as-root";
import { notice } from "./notice";
import { connectionSchema, SshClient } from "./ssh-client";

/** Until a server that says nothing is given up: a host that leaves may be off. */
const dialMilliseconds = 10_000;
/** Until the script is given up: systemd's own limit for a stop is 90 s. */
const runMilliseconds = 120_000;

const orderSchema = z.object({ connection: connectionSchema, script: z.string() });

/** Reads a {@link LastOrder} on stdin and runs its script on the host. */
async function main(): Promise<void> {
  const { connection, script } = orderSchema.parse(JSON.parse(readFileSync(0, "utf8")));
  const host = await SshClient.connect(connection, dialMilliseconds);
  try {
    await host.run(asRoot, Readable.from([script]));
  } finally {
    host.close();
  }
}

/** The host goes whatever it says; who is told can see to the rest. */
function leave(reason: string): never {
  notice(`the host that leaves was not told to stop, so switch it off: ${reason}`);
  process.exit(0);
}

setTimeout(() => leave("its script did not end in time"), runMilliseconds).unref();
main().catch((error: unknown) => leave(error instanceof Error ? error.message : String(error)));
