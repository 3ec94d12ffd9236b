import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { boxArchitecture } from "./architecture";
import { cacheFolder, fillOnce, sha256OfFile } from "./cache";
import { findGo, type Go } from "./go";
import type { InstalledTool } from "./installed-tool";
import type { Release, Tool } from "./manifest";
import { buildFromModules, recipeHash } from "./module-build";
import { progress, timed } from "./progress";
import { fetchRelease, ReleaseUnreachable } from "./release";

/** Where missing tools may come from. */
export const toolSources = ["auto", "release", "modules"] as const;
export type ToolSource = (typeof toolSources)[number];

/** The two ways to a program that the cache lacks; each writes it to the path that it gets. */
export interface ToolOrigins {
  /** @throws ReleaseUnreachable when the host gives nothing. */
  readonly fetch: (release: Release, program: string) => Promise<void>;
  readonly build: (tool: Tool, program: string) => Promise<void>;
}

/** Folder and program of a tool in the cache, whether it is there or not. */
export function toolPath(tool: Tool): string {
  const { name, version, architecture } = tool;
  const target = architecture === boxArchitecture ? "" : `-${architecture}`;
  return path.join(cacheFolder(), "tools", name, `${version}${target}-${recipeHash(tool)}`, name);
}

/** The tool in lines of progress and in errors, as `kubelet 1.35.4 (arm64)`. */
function title({ name, version, architecture }: Tool): string {
  return architecture === boxArchitecture ? `${name} ${version}` : `${name} ${version} (${architecture})`;
}

/** The vendors' hosts and the module proxy. Go is looked for only when something must be built. */
export function realOrigins(): ToolOrigins {
  let go: Go | undefined;
  return {
    fetch: fetchRelease,
    build: async (tool, program) => {
      go ??= await findGo();
      await buildFromModules(tool, go, program);
    },
  };
}

/** Gets one tool after the other: two compilers at once would be slower than one. */
export class ToolProvider {
  /** Hosts of releases that are not asked any more in this run, and what became of the one try. */
  private readonly unreachable = new Map<string, ReleaseUnreachable>();

  public constructor(
    private readonly source: ToolSource,
    private readonly origins: ToolOrigins = realOrigins(),
  ) {}

  public async ensureAll(tools: readonly Tool[]): Promise<InstalledTool[]> {
    const installed: InstalledTool[] = [];
    for (const tool of tools) installed.push(await this.ensure(tool));
    return installed;
  }

  private async ensure(tool: Tool): Promise<InstalledTool> {
    const program = toolPath(tool);
    await fillOnce(path.dirname(program), async (scratch) => {
      const candidate = path.join(scratch, tool.name);
      await this.obtain(tool, candidate);
      writeFileSync(path.join(scratch, "sha256"), await sha256OfFile(candidate));
    });
    return { tool, program, sha256: readFileSync(path.join(path.dirname(program), "sha256"), "utf8") };
  }

  private async obtain(tool: Tool, candidate: string): Promise<void> {
    if (this.source !== "modules" && (await this.fetched(tool, candidate))) return;
    if (this.source === "release") {
      throw new Error(
        `${title(tool)}: no pinned release (${tool.releaseUnpinned ?? "none is known"}). Fix: use --source auto, which builds it from ${tool.recipe.package}`,
      );
    }
    try {
      await timed(title(tool), "building from Go modules", () => this.origins.build(tool, candidate));
    } catch (error) {
      throw new Error(`${this.releaseTried(tool)}${String(error)}`, { cause: error });
    }
  }

  /** @returns whether the vendor's release is at `candidate` now. */
  private async fetched(tool: Tool, candidate: string): Promise<boolean> {
    if (tool.release === undefined) return false;
    const { host } = new URL(tool.release.url);
    if (this.unreachable.has(host)) return false;
    try {
      await this.origins.fetch(tool.release, candidate);
      progress(title(tool), "fetched the vendor's release");
      return true;
    } catch (error) {
      if (!(error instanceof ReleaseUnreachable)) throw error;
      if (this.source === "release") {
        throw new Error(
          `${title(tool)}: ${error.message}. Fix: use --source auto, which builds it from ${tool.recipe.package}`,
          { cause: error },
        );
      }
      this.unreachable.set(host, error);
      progress("releases", `${error.message}; what ${host} would give is built from Go modules`);
      return false;
    }
  }

  /** What was tried before the build, for the error of a tool that nobody gives. */
  private releaseTried(tool: Tool): string {
    if (this.source === "modules") return "";
    if (tool.release === undefined) return `release: ${tool.releaseUnpinned ?? "none is known"}. `;
    const { url } = tool.release;
    return `release ${url}: ${this.unreachable.get(new URL(url).host)?.message ?? "not tried"}. `;
  }
}
