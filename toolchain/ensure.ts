import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { boxArchitecture, type Architecture } from "./architecture";
import { ensureBaseImage } from "./base-image";
import { cacheFolder } from "./cache";
import { boxPackages, installDebianPackages, localMachinePackages } from "./debian-packages";
import { ensureImages, type ImageArchive } from "./images";
import type { InstalledTool } from "./installed-tool";
import {
  defaultKubernetesVersion,
  programRelease,
  toolManifest,
  type OptionalPart,
  type Purpose,
  type Tool,
} from "./manifest";
import { preflight } from "./preflight";
import { toolPath, ToolProvider, type ToolSource } from "./tool-provider";

export { toolSources, type ToolSource } from "./tool-provider";

/** What {@link ensureToolchain} shall provide. */
export interface ToolchainOptions {
  /** Default: `auto`, the vendors' releases and, where those can't be had, Go modules. */
  readonly source?: ToolSource;
  /** Also tools that only the benchmark uses. Default: false. */
  readonly bench?: boolean;
  /** One of `kubernetesVersions`. Default: {@link defaultKubernetesVersion}. */
  readonly kubernetesVersion?: string | undefined;
  /** Of the hosts; nothing is made for others. Default: that of the box. */
  readonly architecture?: Architecture | undefined;
  /** Also programs of these parts. Default: of none. */
  readonly parts?: readonly OptionalPart[];
  /** Also what machines of this box run on: Debian packages, a root filesystem; takes root. Default: true. */
  readonly localMachines?: boolean;
}

/** A box on which everything is there. */
export interface Toolchain {
  /** Variables that make `pulumi`, `kubectl` and the program find it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Pulumi finds plugins in a folder named after kind, name and version. */
function linkPlugins(installed: readonly InstalledTool[]): string {
  const home = path.join(cacheFolder(), "pulumi-home");
  for (const { tool, program } of installed) {
    if (!tool.name.startsWith("pulumi-resource-")) continue;
    const plugin = tool.name.slice("pulumi-".length);
    linkTo(program, path.join(home, "plugins", `${plugin}-v${tool.version}`, tool.name));
  }
  return home;
}

/** What the operator types, on one folder of the PATH. */
function linkPrograms(installed: readonly InstalledTool[]): string {
  const folder = path.join(cacheFolder(), "bin");
  const wanted = new Set(["kubectl", "etcdctl", "etcdutl", "kubeadm"]);
  for (const { tool, program } of installed) {
    if (wanted.has(tool.name) && tool.architecture === boxArchitecture)
      linkTo(program, path.join(folder, tool.name));
  }
  return folder;
}

/**
 * The engine looks for its language host beside its own program, and warns of one that it finds on the PATH. So both get names in
 * one folder that are no symbolic links, which it would follow.
 */
function linkEngine(installed: readonly InstalledTool[]): string {
  const folder = path.join(cacheFolder(), "engine");
  mkdirSync(folder, { recursive: true });
  for (const { tool, program } of installed) {
    if (tool.name !== "pulumi" && tool.name !== "pulumi-language-nodejs") continue;
    const link = path.join(folder, tool.name);
    if (existsSync(link) && statSync(link).ino === statSync(program).ino) continue;
    rmSync(`${link}.new`, { force: true });
    linkSync(program, `${link}.new`);
    renameSync(`${link}.new`, link);
  }
  return folder;
}

function linkTo(target: string, link: string): void {
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(`${link}.new`, { force: true });
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

/** Where the cache's `tools` and `images` are mounted in a local machine. */
const artifactStore = "/opt/redoubt/artifacts";

/** Writes the catalogue of what hosts install; the program reads it by `REDOUBT_ARTIFACTS`. */
function writeCatalogue(
  installed: readonly InstalledTool[],
  images: readonly ImageArchive[],
  baseImage: string | undefined,
  architecture: Architecture,
): string {
  const cache = cacheFolder();
  const url = (file: string): string => `file://${path.join(artifactStore, path.relative(cache, file))}`;
  const hostTools = installed
    .filter(({ tool }) => tool.purpose === "host" || tool.purpose === "bench")
    .filter(({ tool }) => tool.architecture === architecture);
  const catalogue = {
    arch: architecture,
    kubernetesVersion: installed.find(({ tool }) => tool.name === "kubelet")?.tool.version,
    artifacts: Object.fromEntries(
      hostTools.map(({ tool, program, sha256 }) => [
        tool.name,
        {
          version: tool.version,
          sha256,
          url: url(program),
          localPath: program,
          release: programRelease(tool),
        },
      ]),
    ),
    images: Object.fromEntries(
      images.map(({ name, reference, archive, sha256 }) => [
        name,
        { reference, sha256, url: url(archive), localPath: archive },
      ]),
    ),
    baseImage,
    cacheDir: cache,
  };
  const content = `${JSON.stringify(catalogue, null, 2)}\n`;
  // Named after what it says: another checkout may share the cache and know other tools.
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const file = path.join(cache, `artifacts-${catalogue.kubernetesVersion ?? "none"}-${digest}.json`);
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/**
 * Provides some tools only, by name, in the cache; nothing is linked, installed or put into images.
 *
 * @param architecture Of those that hosts install or run. Default: that of the box.
 * @param kubernetesVersion Of those that are Kubernetes' own. Default: {@link defaultKubernetesVersion}.
 * @throws for a name that the manifest lacks, before anything is fetched.
 */
export async function ensureTools(
  names: readonly string[],
  source: ToolSource = "auto",
  architecture: Architecture = boxArchitecture,
  kubernetesVersion: string = defaultKubernetesVersion,
): Promise<InstalledTool[]> {
  const manifest = toolManifest(kubernetesVersion, architecture);
  const tools = names.flatMap((name): Tool[] => {
    const found = manifest.filter((tool) => tool.name === name);
    if (found.length > 0) return found;
    const known = [...new Set(manifest.map((tool) => tool.name))];
    throw new Error(`there is no tool "${name}". Fix: name one of ${known.join(", ")}`);
  });
  return new ToolProvider(source).ensureAll(tools);
}

/** What only one command needs, which asks for it by {@link ensureTools}. */
const onDemand: readonly Purpose[] = ["cis", "e2e", "test"];

/**
 * Provides everything that the box needs: Debian packages, tools, plugins, images and the root filesystem of its machines. What is there
 * stays as it is; when nothing is missing this takes a fraction of a second.
 *
 * @throws before anything changes when the box can't do it (preflight); else naming the tool that could not be had.
 */
export async function ensureToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const { architecture = boxArchitecture, localMachines = true, parts = [] } = options;
  const manifest = toolManifest(options.kubernetesVersion ?? defaultKubernetesVersion, architecture);
  const tools = manifest
    .filter(({ purpose }) => !onDemand.includes(purpose) && (purpose !== "bench" || options.bench === true))
    .filter(({ neededFor }) => neededFor === undefined || parts.includes(neededFor));
  preflight({ cold: tools.some((tool) => !existsSync(toolPath(tool))), localMachines });
  await installDebianPackages([...boxPackages, ...(localMachines ? localMachinePackages : [])]);
  const installed = await new ToolProvider(options.source ?? "auto").ensureAll(tools);
  const images = await ensureImages(installed, architecture);
  const baseImage = localMachines ? await ensureBaseImage() : undefined;
  const catalogue = writeCatalogue(installed, images, baseImage, architecture);
  return {
    environment: {
      PATH: [linkEngine(installed), linkPrograms(installed), process.env["PATH"]].join(":"),
      PULUMI_HOME: linkPlugins(installed),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Else every preview would fetch the plugin of each npm package that is installed, used or not.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      REDOUBT_ARTIFACTS: catalogue,
    },
  };
}
