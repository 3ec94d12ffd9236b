import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./cache";
import { npmVersion } from "./manifest";
import { execute } from "./process";
import { timed } from "./progress";

/** A plugin that only its vendor's release gives, and that the engine itself fetches, for stacks that use it. */
export interface EnginePlugin {
  /** As the engine knows it. */
  readonly name: string;
  readonly version: string;
  /** The vendor's release. */
  readonly release: string;
  /** Stacks that need it. */
  readonly neededFor: string;
}

function awsPlugin(): EnginePlugin {
  const version = npmVersion("@pulumi/aws");
  const release = `https://github.com/pulumi/pulumi-aws/releases/tag/v${version}`;
  return { name: "aws", version, release, neededFor: "hosts.provider: aws" };
}

/** All such plugins; no recipe of ours stands in for one. */
export const enginePlugins: readonly EnginePlugin[] = [awsPlugin()];

/** Folder in which the engine finds the plugin, whether it is there or not. */
export function enginePluginFolder({ name, version }: EnginePlugin, home = defaultHome()): string {
  return path.join(home, "plugins", `resource-${name}-v${version}`);
}

/** What a user types to run it where no shell is made ready for it. */
function engine(): string {
  return path.join(cacheFolder(), "engine", "pulumi");
}

function defaultHome(): string {
  return path.join(cacheFolder(), "pulumi-home");
}

/** Whether the plugin is there, whole: beside a folder that is not yet filled lies a file that says so. */
export function hasEnginePlugin(plugin: EnginePlugin, home = defaultHome()): boolean {
  const folder = enginePluginFolder(plugin, home);
  return existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(`${folder}.partial`);
}

/** How a plugin is fetched; it is put where the engine looks for it. */
export type FetchPlugin = (plugin: EnginePlugin) => Promise<void>;

/** Has the engine of `environment` fetch a plugin. No checksum is pinned: none is published apart from the release. */
export function fetchByEngine(environment: NodeJS.ProcessEnv): FetchPlugin {
  return async ({ name, version }) => {
    await execute("pulumi", ["plugin", "install", "resource", name, version], { env: environment });
  };
}

/**
 * Provides a plugin that a stack needs.
 *
 * @throws naming the release, and what to do, when it can't be had.
 */
export async function ensureEnginePlugin(
  plugin: EnginePlugin,
  fetch: FetchPlugin,
  home = defaultHome(),
): Promise<void> {
  if (hasEnginePlugin(plugin, home)) return;
  const { name, version, release, neededFor } = plugin;
  try {
    await timed(`pulumi-resource-${name} ${version}`, "fetching the vendor's release", () => fetch(plugin));
  } catch (error) {
    throw new Error(
      `pulumi-resource-${name} ${version}: ${neededFor} needs it, and ${release} could not be fetched (${String(error)}). Fix: let this box reach github.com, or fetch the archive elsewhere and run PULUMI_HOME=${home} ${engine()} plugin install resource ${name} ${version} --file ARCHIVE`,
      { cause: error },
    );
  }
}
