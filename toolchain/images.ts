import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { boxArchitecture, type Architecture } from "./architecture";
import { ensureBusybox } from "./busybox";
import { cacheFolder, fillOnce, sha256OfFile } from "./cache";
import type { InstalledTool } from "./installed-tool";
import { writeImageArchive, type ImageSpec } from "./oci-archive";

/** An image as an archive in the cache. */
export interface ImageArchive {
  readonly name: string;
  readonly reference: string;
  readonly archive: string;
  readonly sha256: string;
}

const busyboxApplets = ["cat", "cut", "httpd", "nc", "nslookup", "sh", "sleep", "wget"];

/** Nobody of the host: pods of the system run as users that own nothing. */
const users = { pause: 65535, coredns: 65532, probe: 65534 };

function imageSpecs(
  installed: readonly InstalledTool[],
  architecture: Architecture,
  busybox: string,
): (ImageSpec & { readonly name: string })[] {
  const find = (name: string): InstalledTool => {
    const found = installed.find(({ tool }) => tool.name === name && tool.architecture === architecture);
    if (found === undefined)
      throw new Error(`image ${name}: its program for ${architecture} is not among the tools`);
    return found;
  };
  const single = (name: keyof typeof users): ImageSpec & { readonly name: string } => {
    const { tool, program } = find(name);
    return {
      name,
      reference: `redoubt.local/${name}:${tool.version}`,
      architecture,
      programs: { [name]: program },
      links: {},
      entrypoint: [`/${name}`],
      user: users[name],
    };
  };
  return [
    single("pause"),
    single("coredns"),
    // With a shell and small tools: whoever tries a cluster without a registry needs an image that does something.
    {
      ...single("probe"),
      programs: { "bin/probe": find("probe").program, "bin/busybox": busybox },
      links: Object.fromEntries(busyboxApplets.map((applet) => [`bin/${applet}`, "busybox"])),
      entrypoint: ["/bin/busybox", "sh"],
    },
  ];
}

/**
 * Builds the images that every cluster needs, from programs that the toolchain has for `architecture`.
 *
 * @param findBusybox Default: Debian's.
 */
export async function ensureImages(
  installed: readonly InstalledTool[],
  architecture: Architecture,
  findBusybox: (architecture: Architecture) => Promise<string> = ensureBusybox,
): Promise<ImageArchive[]> {
  // What was made for the box before there were others keeps its name.
  const target = architecture === boxArchitecture ? [] : [architecture];
  const archives: ImageArchive[] = [];
  const known = new Map(installed.map(({ program, sha256 }) => [program, sha256]));
  for (const spec of imageSpecs(installed, architecture, await findBusybox(architecture))) {
    const hash = createHash("sha256").update(
      JSON.stringify([spec.reference, spec.links, spec.entrypoint, spec.user, ...target]),
    );
    // What the toolchain made has its digest beside it; busybox is Debian's and changes with its package.
    for (const program of Object.values(spec.programs)) {
      hash.update(known.get(program) ?? (await sha256OfFile(program)));
    }
    const folderName = [spec.name, ...target, hash.digest("hex").slice(0, 12)].join("-");
    const folder = path.join(cacheFolder(), "images", folderName);
    const archive = path.join(folder, `${spec.name}.tar`);
    await fillOnce(folder, async (scratch) => {
      const candidate = path.join(scratch, `${spec.name}.tar`);
      await writeImageArchive(spec, candidate);
      writeFileSync(path.join(scratch, "sha256"), await sha256OfFile(candidate));
    });
    const sha256 = readFileSync(path.join(folder, "sha256"), "utf8");
    archives.push({ name: spec.name, reference: spec.reference, archive, sha256 });
  }
  return archives;
}
