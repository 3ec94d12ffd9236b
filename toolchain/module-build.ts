import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { boxArchitecture } from "./architecture";
import type { Go } from "./go";
import { goVersion, type ModuleRecipe, type Tool } from "./manifest";
import { execute } from "./process";
import { copyTrimmed, type Trim } from "./trimmed-module";

const linkerFlags = "-s -w";

function recipeFolder(recipe: ModuleRecipe): string {
  return path.join(__dirname, recipe.folder);
}

/** Go sources and module files below a folder, tests left out: what the built program depends on. */
function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /(\.go|go\.mod|go\.sum)$/.test(file) && !file.endsWith("_test.go"))
    .sort();
}

/** Says which bytes a build gives: recipe, sources, compiler, flags and architecture. Part of the name in the cache. */
export function recipeHash(tool: Tool): string {
  const folder = recipeFolder(tool.recipe);
  const { architecture } = tool;
  // What was built for the box before there were others keeps its name.
  const target = architecture === boxArchitecture ? [] : [architecture];
  const hash = createHash("sha256").update(
    JSON.stringify([tool.recipe, tool.version, goVersion, linkerFlags, ...target]),
  );
  for (const file of sourcesOf(folder))
    hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)));
  return hash.digest("hex").slice(0, 12);
}

/** Builds the tool from published modules, as its go.sum pins them, into `program`. */
export async function buildFromModules(tool: Tool, go: Go, program: string): Promise<void> {
  const { recipe } = tool;
  const work = mkdtempSync(path.join(tmpdir(), `redoubt-build-${tool.name}-`));
  try {
    cpSync(recipeFolder(recipe), work, { recursive: true });
    if (recipe.embeds !== undefined) await copyEmbeds(recipe.embeds, go, work);
    if (recipe.trims !== undefined) await trimModule(recipe.trims, go, work);
    const stamps = Object.entries(recipe.stamps ?? {}).map(([variable, value]) => ` -X ${variable}=${value}`);
    const verb = recipe.tests === true ? ["test", "-c"] : ["build"];
    const args = [...verb, "-ldflags", `${linkerFlags}${stamps.join("")}`, "-o", program, recipe.package];
    const env = { ...go.env, GOOS: "linux", GOARCH: tool.architecture };
    await execute(go.program, args, { cwd: work, env });
  } catch (error) {
    throw new Error(
      `${tool.name} ${tool.version} could not be built from module ${recipe.package} (toolchain/${recipe.folder}). Fix: check that a module proxy answers ("go env GOPROXY" names it), then run the same command again. ${String(error)}`,
      { cause: error },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The folder of a required module, downloaded and checked by go.sum. */
async function moduleFolder(module: string, go: Go, work: string): Promise<string> {
  await execute(go.program, ["mod", "download", module], { cwd: work, env: go.env });
  const args = ["list", "-m", "-f", "{{.Dir}}", module];
  return (await execute(go.program, args, { cwd: work, env: go.env })).trim();
}

/** Lays files of a required module beside the main package, where go:embed may reach them. */
async function copyEmbeds(embeds: NonNullable<ModuleRecipe["embeds"]>, go: Go, work: string): Promise<void> {
  const folder = await moduleFolder(embeds.module, go, work);
  for (const file of embeds.files) {
    const copy = path.join(work, path.basename(file));
    copyFileSync(path.join(folder, file), copy);
    chmodSync(copy, 0o644);
  }
}

/** Has go.mod of the build take a trimmed copy of a required module; the one of the recipe pins what it is a copy of. */
async function trimModule(trim: Trim, go: Go, work: string): Promise<void> {
  const copy = "trimmed";
  copyTrimmed(await moduleFolder(trim.module, go, work), path.join(work, copy), trim);
  const args = ["mod", "edit", `-replace=${trim.module}=./${copy}`];
  await execute(go.program, args, { cwd: work, env: go.env });
}
