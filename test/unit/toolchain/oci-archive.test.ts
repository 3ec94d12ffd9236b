import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { extract, type Header } from "tar-stream";
import { writeImageArchive, type ImageSpec } from "../../../toolchain/oci-archive";
import { scratchFolder } from "./scratch";

const scratch = scratchFolder();
const program = path.join(scratch, "busybox");
writeFileSync(program, "static program");

const image: ImageSpec = {
  reference: "redoubt.local/probe:1",
  architecture: "amd64",
  programs: { "bin/busybox": program },
  links: { "bin/wget": "busybox", "bin/sh": "busybox" },
  entrypoint: ["/bin/busybox", "sh"],
  user: 65534,
};

interface Entry {
  readonly header: Header;
  readonly content: Buffer;
}

async function entriesOf(archive: Buffer): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.set(entry.header.name, { header: entry.header, content: Buffer.concat(chunks) });
  }
  return entries;
}

async function written(spec: ImageSpec, name: string): Promise<Buffer> {
  const file = path.join(scratch, name);
  await writeImageArchive(spec, file);
  return readFileSync(file);
}

const contentOf = (entries: Map<string, Entry>, name: string): Buffer => {
  const entry = entries.get(name);
  assert.ok(entry, `no ${name} in the archive`);
  return entry.content;
};

describe("an image archive", () => {
  it("has the same bytes for the same programs, whenever and in whatever order they were named", async () => {
    const first = await written(image, "first.tar");
    utimesSync(program, 1, 1);
    const reordered = { ...image, links: { "bin/sh": "busybox", "bin/wget": "busybox" } };
    assert.deepEqual(await written(reordered, "second.tar"), first);
  });

  it("names its reference, a user that is not root, and its one layer", async () => {
    const archive = await entriesOf(await written(image, "image.tar"));
    const [manifest] = JSON.parse(contentOf(archive, "manifest.json").toString()) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    assert.ok(manifest);
    assert.deepEqual(manifest.RepoTags, ["redoubt.local/probe:1"]);
    const configuration = JSON.parse(contentOf(archive, manifest.Config).toString()) as {
      config: { User: string };
      rootfs: { diff_ids: string[] };
    };
    assert.equal(configuration.config.User, "65534");
    assert.deepEqual(
      configuration.rootfs.diff_ids.map((id) => id.replace("sha256:", "")),
      manifest.Layers.map((layer) => path.basename(layer, ".tar")),
    );
  });

  it("holds the programs, executable and owned by root, and the links to them", async () => {
    const archive = await entriesOf(await written(image, "layers.tar"));
    const layer = [...archive.keys()].find((name) => name.endsWith(".tar"));
    assert.ok(layer);
    const files = await entriesOf(contentOf(archive, layer));
    assert.deepEqual([...files.keys()].sort(), ["bin/busybox", "bin/sh", "bin/wget"]);
    const busybox = files.get("bin/busybox")?.header;
    assert.deepEqual([busybox?.mode, busybox?.uid, busybox?.gid], [0o755, 0, 0]);
    assert.equal(files.get("bin/sh")?.header.linkname, "busybox");
  });
});
