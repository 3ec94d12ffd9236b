import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { Architecture } from "./architecture";

/** An image of one layer: static programs and links to them. */
export interface ImageSpec {
  /** With its tag, as pods name it. */
  readonly reference: string;
  /** That of its programs; the runtime takes no image of another. */
  readonly architecture: Architecture;
  /** Path in the image → file on this box. */
  readonly programs: Readonly<Record<string, string>>;
  /** Path in the image → target. */
  readonly links: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** Arguments of the entrypoint where a pod says none. Default: none. */
  readonly command?: readonly string[];
  /** Numeric user id; never root but in images of tests. */
  readonly user: number;
}

/** The same input gives the same bytes, so that an image's checksum means something. */
const epoch = new Date(0);

async function collect(archive: Pack): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function layerOf(spec: ImageSpec): Promise<Buffer> {
  const archive = pack();
  const collected = collect(archive);
  for (const [name, file] of Object.entries(spec.programs).sort()) {
    archive.entry({ name, mode: 0o755, mtime: epoch }, await readFile(file));
  }
  for (const [name, linkname] of Object.entries(spec.links).sort()) {
    archive.entry({ name, type: "symlink", linkname, mtime: epoch });
  }
  archive.finalize();
  return collected;
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Writes an image as an archive that `ctr images import` reads (Docker image specification v1.2). */
export async function writeImageArchive(spec: ImageSpec, file: string): Promise<void> {
  const layer = await layerOf(spec);
  const configuration = Buffer.from(
    JSON.stringify({
      architecture: spec.architecture,
      os: "linux",
      config: {
        Entrypoint: spec.entrypoint,
        ...(spec.command === undefined ? {} : { Cmd: spec.command }),
        User: String(spec.user),
        WorkingDir: "/",
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  );
  const configurationName = `${sha256(configuration)}.json`;
  const layerName = `${sha256(layer)}.tar`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: configurationName, RepoTags: [spec.reference], Layers: [layerName] }]),
  );
  const archive = pack();
  const written = pipeline(archive, createWriteStream(file));
  archive.entry({ name: configurationName, mtime: epoch }, configuration);
  archive.entry({ name: layerName, mtime: epoch }, layer);
  archive.entry({ name: "manifest.json", mtime: epoch }, manifest);
  archive.finalize();
  await written;
}
