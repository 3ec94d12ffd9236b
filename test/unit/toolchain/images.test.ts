import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { extract } from "tar-stream";
import type { Architecture } from "../../../toolchain/architecture";
import { ensureImages, ensureTestImages, type ImageArchive } from "../../../toolchain/images";
import type { InstalledTool } from "../../../toolchain/installed-tool";
import { scratchFolder } from "./scratch";

const scratch = scratchFolder();
const cacheBefore = process.env["REDOUBT_CACHE"];
before(() => {
  process.env["REDOUBT_CACHE"] = path.join(scratch, "cache");
});
after(() => {
  if (cacheBefore === undefined) delete process.env["REDOUBT_CACHE"];
  else process.env["REDOUBT_CACHE"] = cacheBefore;
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A file that says what it would be. */
function program(name: string, architecture: Architecture): string {
  const file = path.join(scratch, `${name}-${architecture}`);
  writeFileSync(file, `${name} ${architecture}`);
  return file;
}

/** The probe's version is the tag of its image, which pods name. */
const versions: Readonly<Record<string, string>> = { probe: "1" };

function installed(name: string, architecture: Architecture): InstalledTool {
  const version = versions[name] ?? "1.0.0";
  const recipe = { folder: "build/pause", package: "." };
  const tool = { name, version, purpose: "image", architecture, recipe } as const;
  return { tool, program: program(name, architecture), sha256: sha256(`${name} ${architecture}`) };
}

const busybox = (architecture: Architecture): Promise<string> =>
  Promise.resolve(program("busybox", architecture));

const tools = ["pause", "coredns", "probe"].flatMap((name) => [
  installed(name, "amd64"),
  installed(name, "arm64"),
]);

/** Every file of an archive, those of its layer too. */
async function filesOf(archive: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    files.set(entry.header.name, content.toString());
    if (entry.header.name.endsWith(".tar"))
      for (const [name, text] of await filesOf(content)) files.set(name, text);
  }
  return files;
}

interface Configuration {
  readonly architecture?: string;
}

for (const architecture of ["amd64", "arm64"] as const) {
  describe(`the images for ${architecture} hosts`, () => {
    let images: ImageArchive[];
    before(async () => {
      images = await ensureImages(tools, architecture, busybox);
    });

    it("have the names by which pods know them, whatever the architecture", () => {
      assert.deepEqual(
        images.map(({ reference }) => reference),
        ["redoubt.local/pause:1.0.0", "redoubt.local/coredns:1.0.0", "redoubt.local/probe:1"],
      );
    });

    it("say the architecture of the programs that are in them", async () => {
      for (const [index, inside] of [["pause"], ["coredns"], ["probe", "busybox"]].entries()) {
        const files = await filesOf(readFileSync(images[index]?.archive ?? ""));
        const configurations = [...files.values()]
          .filter((text) => text.startsWith("{"))
          .map((text) => (JSON.parse(text) as Configuration).architecture);
        assert.deepEqual(configurations, [architecture], inside.join());
        for (const name of inside) assert.ok([...files.values()].includes(`${name} ${architecture}`), name);
      }
    });
  });
}

describe("an image in the cache", () => {
  it("lies for amd64 where it lay before there were other architectures", async () => {
    const [pause] = await ensureImages(tools, "amd64", busybox);
    const key = JSON.stringify(["redoubt.local/pause:1.0.0", {}, ["/pause"], 65535]);
    const name = `pause-${sha256(key + sha256("pause amd64")).slice(0, 12)}`;
    assert.equal(pause?.archive, path.join(scratch, "cache/images", name, "pause.tar"));
  });

  it("lies elsewhere for arm64, by a name that says so", async () => {
    const [pause] = await ensureImages(tools, "arm64", busybox);
    assert.match(pause?.archive ?? "", /\/images\/pause-arm64-[0-9a-f]{12}\/pause\.tar$/);
  });

  it("is made of no program of another architecture", async () => {
    const boxOnly = tools.filter(({ tool }) => tool.architecture === "amd64");
    await assert.rejects(
      ensureImages(boxOnly, "arm64", busybox),
      /^Error: image pause: its program for arm64 is not among the tools$/,
    );
  });
});

describe("images of Kubernetes' own tests", () => {
  const listed = [
    "registry.k8s.io/e2e-test-images/kitten:1.7",
    "registry.k8s.io/e2e-test-images/agnhost:2.59",
    "gcr.io/k8s-authenticated-test/agnhost:2.6",
    "registry.k8s.io/e2e-test-images/busybox:1.37.0-1",
    "registry.k8s.io/e2e-test-images/agnhost:2.55",
    "registry.k8s.io/pause:3.10.1",
    "registry.k8s.io/etcd:3.6.6-0",
  ];
  const programs = {
    agnhost: installed("agnhost", "amd64"),
    pause: installed("pause", "amd64"),
    busybox: { program: program("busybox", "amd64"), applets: ["busybox", "sh", "wget"] },
  };
  const made = (): Promise<ImageArchive[]> => ensureTestImages(listed, programs, "amd64");

  it("are made where they are of agnhost, busybox or pause, by each name that the tests have for them", async () => {
    assert.deepEqual(
      (await made()).map(({ reference }) => reference),
      [
        "registry.k8s.io/e2e-test-images/agnhost:2.59",
        "registry.k8s.io/e2e-test-images/busybox:1.37.0-1",
        "registry.k8s.io/e2e-test-images/agnhost:2.55",
        "registry.k8s.io/pause:3.10.1",
      ],
    );
  });

  it("pause where a pod says nothing else, as the vendor's agnhost does", async () => {
    const [agnhost] = await made();
    const files = await filesOf(readFileSync(agnhost?.archive ?? ""));
    const [configuration = ""] = [...files.values()].filter((text) => text.startsWith("{"));
    const { config } = JSON.parse(configuration) as { config: Readonly<Record<string, unknown>> };
    assert.deepEqual(config, { Entrypoint: ["/agnhost"], Cmd: ["pause"], User: "0", WorkingDir: "/" });
    assert.equal(files.get("agnhost"), "agnhost amd64");
    assert.ok(files.has("bin/sh") && files.has("bin/busybox"));
  });
});
