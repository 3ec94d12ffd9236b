import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "./base-image";
import { cacheFolder, fillOnce, sha256OfFile } from "./cache";
import { boxPackages, installDebianPackages } from "./debian-packages";
import { findGo, type Go } from "./go";
import { ensureImages, type ImageArchive } from "./images";
import type { InstalledTool } from "./installed-tool";
import { toolManifest, type Tool } from "./manifest";
import { buildFromModules, recipeHash } from "./module-build";
import { preflight } from "./preflight";
import { progress, timed } from "./progress";
import { fetchRelease, ReleaseUnreachable } from "./release";

/** Where missing tools may come from. */
export const toolSources = ["auto", "release", "modules"] as const;
export type ToolSource = (typeof toolSources)[number];

/** What {@link ensureToolchain} shall provide. */
export interface ToolchainOptions {
  /** Default: `auto`, the vendors' releases and, where those can't be had, Go modules. */
  readonly source?: ToolSource;
  /** Also tools that only the benchmark uses. Default: false. */
  readonly bench?: boolean;
}

/** A box on which everything is there. */
export interface Toolchain {
  /** Variables that make `pulumi`, `kubectl` and the program find it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Folder and program of a tool in the cache, whether it is there or not. */
export function toolPath(tool: Tool): string {
  return path.join(cacheFolder(), "tools", tool.name, `${tool.version}-${recipeHash(tool)}`, tool.name);
}

/** Gets one tool after the other: two compilers at once would be slower than one. */
class ToolProvider {
  private go: Go | undefined;
  private releasesAnswer = true;

  public constructor(private readonly source: ToolSource) {}

  public async ensure(tool: Tool): Promise<InstalledTool> {
    const program = toolPath(tool);
    await fillOnce(path.dirname(program), async (scratch) => {
      const candidate = path.join(scratch, tool.name);
      await this.obtain(tool, candidate);
      writeFileSync(path.join(scratch, "sha256"), await sha256OfFile(candidate));
    });
    return { tool, program, sha256: readFileSync(path.join(path.dirname(program), "sha256"), "utf8") };
  }

  private async obtain(tool: Tool, candidate: string): Promise<void> {
    if (this.source !== "modules" && tool.release !== undefined && this.releasesAnswer) {
      try {
        await fetchRelease(tool.release, candidate);
        progress(`${tool.name} ${tool.version}`, "fetched the vendor's release");
        return;
      } catch (error) {
        if (this.source === "release" || !(error instanceof ReleaseUnreachable)) throw error;
        this.releasesAnswer = false;
        progress("releases", `${error.message}; building from Go modules instead`);
      }
    }
    if (this.source === "release") {
      throw new Error(
        `${tool.name} ${tool.version}: no pinned release (${tool.releaseUnpinned ?? "its host does not answer"}). Fix: use --source auto, which builds it from ${tool.recipe.package}`,
      );
    }
    this.go ??= await findGo();
    const go = this.go;
    await timed(`${tool.name} ${tool.version}`, "building from Go modules", () =>
      buildFromModules(tool, go, candidate),
    );
  }
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
    if (wanted.has(tool.name)) linkTo(program, path.join(folder, tool.name));
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
  baseImage: string,
): string {
  const cache = cacheFolder();
  const url = (file: string): string => `file://${path.join(artifactStore, path.relative(cache, file))}`;
  const hostTools = installed.filter(({ tool }) => tool.purpose === "host");
  const catalogue = {
    arch: "amd64",
    kubernetesVersion: installed.find(({ tool }) => tool.name === "kubelet")?.tool.version,
    artifacts: Object.fromEntries(
      hostTools.map(({ tool, program, sha256 }) => [
        tool.name,
        { version: tool.version, sha256, url: url(program), localPath: program },
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
  const file = path.join(cache, "artifacts.json");
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(catalogue, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/**
 * Provides everything that the box needs: Debian packages, tools, plugins, images and the root filesystem of machines. What is there
 * stays as it is; when nothing is missing this takes a fraction of a second.
 *
 * @throws before anything changes when the box can't do it (preflight); else naming the tool that could not be had.
 */
export async function ensureToolchain(options: ToolchainOptions = {}): Promise<Toolchain> {
  const tools = toolManifest().filter((tool) => tool.purpose !== "bench" || options.bench === true);
  preflight(tools.some((tool) => !existsSync(toolPath(tool))));
  await installDebianPackages(Object.values(boxPackages));
  const provider = new ToolProvider(options.source ?? "auto");
  const installed: InstalledTool[] = [];
  for (const tool of tools) installed.push(await provider.ensure(tool));
  const images = await ensureImages(installed);
  const baseImage = await ensureBaseImage();
  const catalogue = writeCatalogue(installed, images, baseImage);
  return {
    environment: {
      PATH: [linkEngine(installed), linkPrograms(installed), process.env["PATH"]].join(":"),
      PULUMI_HOME: linkPlugins(installed),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      REDOUBT_ARTIFACTS: catalogue,
    },
  };
}
