import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findGo } from "./go";
import { goVersion, kubernetesPrograms } from "./manifest";
import { execute } from "./process";

/** The version under which Kubernetes publishes its staging modules. @throws when `version` is none of Kubernetes 1. */
function stagingVersion(version: string): string {
  const minorAndPatch = /^1\.(\d+\.\d+)$/.exec(version)?.[1];
  if (minorAndPatch !== undefined) return `v0.${minorAndPatch}`;
  throw new Error(`Kubernetes version "${version}" is not 1.MINOR.PATCH. Fix: name one as 1.35.4`);
}

/** What a recipe of a Kubernetes version builds: its programs, or its own end-to-end tests. */
export const kubernetesRecipes = ["programs", "tests"] as const;
export type KubernetesRecipe = (typeof kubernetesRecipes)[number];

/** Name of the recipe's folder below `toolchain/build`, and the end of its module's path. */
export function kubernetesRecipeName(version: string, recipe: KubernetesRecipe): string {
  return recipe === "programs" ? `kubernetes-${version}` : `kubernetes-tests-${version}`;
}

/**
 * The go.mod that builds Kubernetes from published modules. In its repository k8s.io/kubernetes replaces its staging modules by
 * folders that a module lacks; each is published as v0.MINOR.PATCH, so every such replace becomes that version.
 *
 * @param version Kubernetes version without `v`, as `1.35.4`.
 * @param upstream go.mod of `k8s.io/kubernetes` at that version.
 * @throws when the version is none, or upstream replaces nothing by a staging folder.
 */
export function kubernetesModule(version: string, upstream: string, recipe: KubernetesRecipe): string {
  const staged = stagingVersion(version);
  const modules = [...upstream.matchAll(/^\s*(\S+) => \.\/staging\/src\/\S+$/gm)].map((match) => match[1]);
  if (modules.length === 0)
    throw new Error(`go.mod of k8s.io/kubernetes v${version} replaces no staging folder`);
  const replaces = modules.sort().map((module) => `replace ${module} => ${module} ${staged}\n`);
  const language = goVersion.split(".").slice(0, 2).join(".");
  return [
    `module redoubt.dev/toolchain/${kubernetesRecipeName(version, recipe)}\n`,
    `go ${language}\n`,
    `require k8s.io/kubernetes v${version}\n`,
    ...replaces,
  ].join("\n");
}

const importedPackages: Readonly<Record<KubernetesRecipe, readonly string[]>> = {
  programs: kubernetesPrograms.map((name) => `cmd/${name}`),
  tests: ["test/e2e", "test/images/agnhost"],
};

/** A file that imports all that a recipe builds, so that `go mod tidy` keeps what they need. */
export function kubernetesImports(recipe: KubernetesRecipe): string {
  const imports = [...importedPackages[recipe]].sort().map((name) => `\t_ "k8s.io/kubernetes/${name}"\n`);
  return `//go:build tools\n\npackage tools\n\nimport (\n${imports.join("")})\n`;
}

/**
 * Writes the recipes of another Kubernetes version below `toolchain/build`: go.mod, go.sum and the imports, to be reviewed and
 * committed. Builds only read them.
 *
 * @returns the folders.
 */
export async function writeKubernetesModules(version: string): Promise<string[]> {
  stagingVersion(version);
  const go = await findGo();
  // go mod tidy completes go.mod and go.sum; builds must not.
  const env = { ...go.env, GOFLAGS: "" };
  const answer = await execute(go.program, ["mod", "download", "-json", `k8s.io/kubernetes@v${version}`], {
    cwd: "/",
    env,
  });
  const { GoMod: upstreamFile } = JSON.parse(answer) as { GoMod: string };
  const upstream = readFileSync(upstreamFile, "utf8");
  const folders: string[] = [];
  for (const recipe of kubernetesRecipes) {
    const folder = path.join(__dirname, "build", kubernetesRecipeName(version, recipe));
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "go.mod"), kubernetesModule(version, upstream, recipe));
    writeFileSync(path.join(folder, "tools.go"), kubernetesImports(recipe));
    await execute(go.program, ["mod", "tidy"], { cwd: folder, env });
    folders.push(folder);
  }
  return folders;
}
