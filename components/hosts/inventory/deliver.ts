import { asRoot } from "../../plan/as-root";
import { createReadStream, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import { connectionSchema, SshClient } from "./ssh-client";
import { receiveCommand, renderMissing } from "./store-script";

const orderSchema = z.object({
  connection: connectionSchema,
  architecture: z.object({ setting: z.string(), value: z.string() }),
  files: z.array(z.object({ source: z.string(), target: z.string() })),
});

/** Reads a {@link DeliveryOrder} on stdin and brings the host what it lacks; what is there is not sent again. */
async function main(): Promise<void> {
  const { connection, architecture, files } = orderSchema.parse(JSON.parse(readFileSync(0, "utf8")));
  const known = files.map((file) => ({ ...file, size: statSync(file.source).size }));
  const host = await SshClient.connect(connection);
  try {
    const script = Readable.from([renderMissing(known, architecture)]);
    const missing = new Set((await host.run(asRoot, script)).split("\n"));
    for (const file of known.filter(({ target }) => missing.has(target))) {
      process.stderr.write(`${path.basename(file.target)}: ${(file.size / 1e6).toFixed(0)} MB\n`);
      await host.run(receiveCommand(file), createReadStream(file.source));
    }
  } finally {
    host.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
