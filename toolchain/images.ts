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

/** An image with the name of its archive. */
type NamedImage = ImageSpec & { readonly name: string };

const busyboxApplets = ["cat", "cut", "httpd", "nc", "nslookup", "sh", "sleep", "wget"];

/** Nobody of the host: pods of the system run as users that own nothing. */
const users = { pause: 65535, coredns: 65532, probe: 65534 };

function imageSpecs(
  installed: readonly InstalledTool[],
  architecture: Architecture,
  busybox: string,
): NamedImage[] {
  const find = (name: string): InstalledTool => {
    const found = installed.find(({ tool }) => tool.name === name && tool.architecture === architecture);
    if (found === undefined)
      throw new Error(`image ${name}: its program for ${architecture} is not among the tools`);
    return found;
  };
  const single = (name: keyof typeof users): NamedImage => {
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
 * Builds what the cache lacks.
 *
 * @param known Program → digest, of those that the toolchain made.
 */
async function ensureArchives(
  specs: readonly NamedImage[],
  architecture: Architecture,
  known: ReadonlyMap<string, string>,
): Promise<ImageArchive[]> {
  // What was made for the box before there were others keeps its name.
  const target = architecture === boxArchitecture ? [] : [architecture];
  const archives: ImageArchive[] = [];
  for (const spec of specs) {
    const { reference, links, entrypoint, command, user } = spec;
    const described = [reference, links, entrypoint, user, ...(command === undefined ? [] : [command])];
    const hash = createHash("sha256").update(JSON.stringify([...described, ...target]));
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
    archives.push({ name: spec.name, reference, archive, sha256 });
  }
  return archives;
}

function digestsOf(installed: readonly InstalledTool[]): ReadonlyMap<string, string> {
  return new Map(installed.map(({ program, sha256 }) => [program, sha256]));
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
  const specs = imageSpecs(installed, architecture, await findBusybox(architecture));
  return ensureArchives(specs, architecture, digestsOf(installed));
}

/** What images of Kubernetes' own tests are made of. */
export interface TestPrograms {
  readonly agnhost: InstalledTool;
  readonly pause: InstalledTool;
  /** For the hosts' architecture, with the names that it goes by. */
  readonly busybox: { readonly program: string; readonly applets: readonly string[] };
}

/** Repositories of images that can be made here, by the end of their names. */
const testImages = ["agnhost", "busybox", "pause"] as const;

/**
 * Builds images of Kubernetes' own tests, for hosts that reach no registry: those of the program that most pods run, of busybox, and of
 * pause; each under every name by which the tests ask for it.
 *
 * @param references All images of the tests, as they name them. Others than those three are left out.
 */
export async function ensureTestImages(
  references: readonly string[],
  { agnhost, pause, busybox }: TestPrograms,
  architecture: Architecture,
): Promise<ImageArchive[]> {
  const applets = busybox.applets.filter((applet) => applet !== "busybox");
  const shell = {
    programs: { "bin/busybox": busybox.program },
    links: Object.fromEntries(applets.map((applet) => [`bin/${applet}`, "busybox"])),
  };
  const contents: Readonly<
    Record<(typeof testImages)[number], Pick<ImageSpec, "programs" | "links" | "entrypoint" | "command">>
  > = {
    agnhost: {
      programs: { agnhost: agnhost.program, ...shell.programs },
      links: shell.links,
      entrypoint: ["/agnhost"],
      command: ["pause"],
    },
    busybox: { ...shell, entrypoint: [], command: ["sh"] },
    pause: { programs: { pause: pause.program }, links: {}, entrypoint: ["/pause"] },
  };
  const specs = references.flatMap((reference): NamedImage[] => {
    const name = testImages.find((known) =>
      [`registry.k8s.io/e2e-test-images/${known}:`, `registry.k8s.io/${known}:`].some((start) =>
        reference.startsWith(start),
      ),
    );
    // As the vendor's: some tests look at what root may.
    return name === undefined
      ? []
      : [{ ...contents[name], name: `test-${name}`, reference, architecture, user: 0 }];
  });
  return ensureArchives(specs, architecture, digestsOf([agnhost, pause]));
}
