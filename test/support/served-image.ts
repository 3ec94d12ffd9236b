import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { extract } from "tar-stream";
import { boxArchitecture } from "../../toolchain/architecture";
import { ensureBusybox } from "../../toolchain/busybox";
import { writeImageArchive } from "../../toolchain/oci-archive";
import type { ServedImage } from "./registry-server";

/** The files of an image archive (Docker image specification v1.2). */
async function filesIn(archive: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of createReadStream(archive).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}

function digestOf(data: Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

/**
 * An image with a shell that no host has: its one layer differs from all of the toolchain's.
 *
 * @param mark Name of a file in it.
 */
export async function makeServedImage(mark: string): Promise<ServedImage> {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-image-"));
  try {
    const archive = path.join(folder, "image.tar");
    await writeImageArchive(
      {
        reference: "registry.example/served:1",
        architecture: boxArchitecture,
        programs: { "bin/busybox": await ensureBusybox(boxArchitecture) },
        links: { [mark]: "bin/busybox" },
        entrypoint: ["/bin/busybox", "sleep", "3600"],
        user: 65534,
      },
      archive,
    );
    const files = await filesIn(archive);
    const find = (end: string): Buffer => {
      const found = [...files].find(([name]) => name !== "manifest.json" && name.endsWith(end));
      if (found === undefined) throw new Error(`the image archive has no ${end}`);
      return found[1];
    };
    const [configuration, layer] = [find(".json"), find(".tar")];
    const describe = (type: string, data: Buffer): object => ({
      mediaType: `application/vnd.oci.image.${type}`,
      digest: digestOf(data),
      size: data.length,
    });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: describe("config.v1+json", configuration),
        layers: [describe("layer.v1.tar", layer)],
      }),
    );
    const blobs = [manifest, configuration, layer].map(
      (data) => [digestOf(data), data.toString("base64")] as const,
    );
    return { manifest: manifest.toString("base64"), mediaType, blobs: Object.fromEntries(blobs) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
