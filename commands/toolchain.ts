import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import {
  enginePluginFolder,
  enginePlugins,
  hasEnginePlugin,
  type EnginePlugin,
} from "../toolchain/engine-plugin";
import { debianSuite, runtimePackages } from "../toolchain/host-packages";
import { ensureToolchain, ensureTools, type ToolSource } from "../toolchain/ensure";
import { writeKubernetesModule } from "../toolchain/kubernetes-module";
import { toolManifest, type Tool } from "../toolchain/manifest";
import { toolPath } from "../toolchain/tool-provider";
import { main } from "./main";
import { sourceOption } from "./options";

/** One line of the list: what it is, whether it is there, where it would come from. */
function describe(tool: Tool): string {
  const program = toolPath(tool);
  const state = existsSync(program) ? `${(statSync(program).size / 1e6).toFixed(0)} MB` : "missing";
  const from =
    tool.release === undefined
      ? `modules (release: ${tool.releaseUnpinned ?? "none"})`
      : `${tool.release.url}, else modules`;
  return [
    tool.name.padEnd(28),
    tool.version.padEnd(9),
    tool.purpose.padEnd(9),
    state.padStart(8),
    ` ${from}`,
  ].join(" ");
}

/** One line for a plugin that the engine fetches itself. */
function describePlugin(plugin: EnginePlugin): string {
  const program = path.join(enginePluginFolder(plugin), `pulumi-resource-${plugin.name}`);
  const size = existsSync(program) ? `${(statSync(program).size / 1e6).toFixed(0)} MB` : "there";
  return [
    `pulumi-resource-${plugin.name}`.padEnd(28),
    plugin.version.padEnd(9),
    "plugin".padEnd(9),
    (hasEnginePlugin(plugin) ? size : "missing").padStart(8),
    ` ${plugin.release}, release only, no checksum pinned; for ${plugin.neededFor}`,
  ].join(" ");
}

/** One line for a program that hosts get from Debian. */
function describePackage(name: string): string {
  const from = `Debian's package (${debianSuite} on local machines), by the host's own apt sources`;
  return [name.padEnd(28), "Debian's".padEnd(9), "host".padEnd(9), "".padStart(8), ` ${from}`].join(" ");
}

/** `npm run toolchain -- list | ensure | kubernetes-recipe`. */
main(async () => {
  const program = new Command("npm run toolchain --").description(
    "The tools that the project uses, and where they come from.",
  );
  program
    .command("list")
    .description("show every tool: version, purpose, size in the cache, source")
    .action(() => {
      const lines = [
        ...toolManifest().map(describe),
        ...enginePlugins.map(describePlugin),
        ...runtimePackages.map(describePackage),
      ];
      process.stdout.write(`${lines.join("\n")}\n`);
    });
  program
    .command("ensure")
    .description("provide what is missing; done by every other command too")
    .argument(
      "[names...]",
      "only these tools, in the cache (everything that the box needs when none is named)",
    )
    .addOption(sourceOption())
    .option("--bench", "also what only the benchmark uses", false)
    .action(async (names: string[], options: { source: ToolSource; bench: boolean }) => {
      if (names.length === 0) await ensureToolchain(options);
      else await ensureTools(names, options.source);
    });
  program
    .command("kubernetes-recipe")
    .description(
      "write the module recipe of a Kubernetes version below toolchain/build, to review and commit",
    )
    .argument("<version>", "as 1.35.4")
    .action(async (version: string) => {
      process.stdout.write(`${await writeKubernetesModule(version)}\n`);
    });
  await program.parseAsync();
});
