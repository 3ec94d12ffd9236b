import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { Command, Option } from "commander";
import { architectures, boxArchitecture, type Architecture } from "../toolchain/architecture";
import {
  enginePluginFolder,
  enginePlugins,
  hasEnginePlugin,
  type EnginePlugin,
} from "../toolchain/engine-plugin";
import { debianSuite, runtimePackages } from "../toolchain/host-packages";
import { ensureToolchain, ensureTools, type ToolSource } from "../toolchain/ensure";
import { writeKubernetesModules } from "../toolchain/kubernetes-module";
import { defaultKubernetesVersion, toolManifest, type Tool } from "../toolchain/manifest";
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
  const needed = tool.neededFor === undefined ? "" : `; for stacks with ${tool.neededFor}.enabled`;
  return [
    tool.name.padEnd(28),
    tool.version.padEnd(9),
    tool.purpose.padEnd(9),
    tool.architecture.padEnd(6),
    state.padStart(8),
    ` ${from}${needed}`,
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
    boxArchitecture.padEnd(6),
    (hasEnginePlugin(plugin) ? size : "missing").padStart(8),
    ` ${plugin.release}, release only, no checksum pinned; for ${plugin.neededFor}`,
  ].join(" ");
}

/** One line for a program that hosts get from Debian. */
function describePackage(name: string, architecture: Architecture): string {
  const from = `Debian's package (${debianSuite} on local machines), by the host's own apt sources`;
  return [
    name.padEnd(28),
    "Debian's".padEnd(9),
    "host".padEnd(9),
    architecture.padEnd(6),
    "".padStart(8),
    ` ${from}`,
  ].join(" ");
}

/** `--architecture`: of the hosts. */
function architectureOption(): Option {
  return new Option("--architecture <name>", "of the hosts: what they install and run is of it")
    .choices([...architectures])
    .default(boxArchitecture);
}

/** `npm run toolchain -- list | ensure | kubernetes-recipe`. */
main(async () => {
  const program = new Command("npm run toolchain --").description(
    "The tools that the project uses, and where they come from.",
  );
  program
    .command("list")
    .description("show every tool: version, purpose, architecture, size in the cache, source")
    .addOption(architectureOption())
    .action(({ architecture }: { architecture: Architecture }) => {
      const lines = [
        ...toolManifest(defaultKubernetesVersion, architecture).map(describe),
        ...enginePlugins.map(describePlugin),
        ...runtimePackages.map((name) => describePackage(name, architecture)),
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
    .addOption(architectureOption())
    .option("--bench", "also what only the benchmark uses", false)
    .action(
      async (
        names: string[],
        options: { source: ToolSource; architecture: Architecture; bench: boolean },
      ) => {
        if (names.length === 0) await ensureToolchain(options);
        else await ensureTools(names, options.source, options.architecture);
      },
    );
  program
    .command("kubernetes-recipe")
    .description(
      "write the module recipes of a Kubernetes version, its programs and its tests, below toolchain/build, to review and commit",
    )
    .argument("<version>", "as 1.35.4")
    .action(async (version: string) => {
      const folders = await writeKubernetesModules(version);
      process.stdout.write(folders.map((folder) => `${folder}\n`).join(""));
    });
  await program.parseAsync();
});
