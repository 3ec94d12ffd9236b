import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A required module of which some packages only are compiled: one that knows hundreds of services, where few are used. */
export interface Trim {
  /** Its import path, as go.mod requires it. */
  readonly module: string;
  /** Folders of the module that hold all that is compiled. */
  readonly folders: readonly string[];
  /** Import paths, each with the packages right below it that stay; all others below it go. */
  readonly keep: Readonly<Record<string, readonly string[]>>;
  /** Files of the module that list all those packages, one by one. */
  readonly lists: readonly string[];
  /** Names of Go files that are for the module's own tests, though their names do not say so. */
  readonly omit: readonly string[];
}

/** The package right below one of the import paths that does not stay; undefined for what stays. */
function dropped(importPath: string, keep: Trim["keep"]): string | undefined {
  for (const [above, kept] of Object.entries(keep)) {
    if (!importPath.startsWith(`${above}/`)) continue;
    const [name = ""] = importPath.slice(above.length + 1).split("/");
    if (!kept.includes(name)) return name;
  }
  return undefined;
}

/**
 * A Go file without what it says of packages that do not stay: their imports, functions whose first line names one, and other lines
 * that do. Generated lists are so regular that no more is needed; what is forgotten, the compiler finds.
 */
export function trimList(source: string, keep: Trim["keep"]): string {
  const gone = new Set<string>();
  const withoutImports = source
    .split("\n")
    .filter((line) => {
      const name = dropped(/^\t"([^"]+)"$/.exec(line)?.[1] ?? "", keep);
      if (name !== undefined) gone.add(name);
      return name === undefined;
    })
    .join("\n");
  const names = (line: string): boolean =>
    [...line.matchAll(/\b(\w+)\./g)].some(([, name = ""]) => gone.has(name));
  return withoutImports
    .split("\n\n")
    .filter((paragraph) => !names(paragraph.split("\n")[0] ?? ""))
    .map((paragraph) =>
      paragraph
        .split("\n")
        .filter((line) => !names(line))
        .join("\n"),
    )
    .join("\n\n");
}

/** Whether the build needs the file: Go sources of packages that stay, and what they embed. */
function isNeeded(file: string, { module, keep, omit }: Trim): boolean {
  if (!file.endsWith(".go")) return file.endsWith(".hcl") || path.basename(file) === "VERSION";
  if (file.endsWith("_test.go") || omit.includes(path.basename(file))) return false;
  return dropped(path.posix.join(module, path.posix.dirname(file)), keep) === undefined;
}

/** Lays the module's sources into `target`, where a `replace` of go.mod finds them; no tests, and no package that does not stay. */
export function copyTrimmed(module: string, target: string, trim: Trim): void {
  const files = trim.folders.flatMap((folder) =>
    readdirSync(path.join(module, folder), { recursive: true, encoding: "utf8" })
      .map((file) => path.posix.join(folder, file))
      .filter((file) => isNeeded(file, trim)),
  );
  for (const file of ["go.mod", ...files]) {
    const copy = path.join(target, file);
    mkdirSync(path.dirname(copy), { recursive: true });
    if (trim.lists.includes(file)) {
      writeFileSync(copy, trimList(readFileSync(path.join(module, file), "utf8"), trim.keep));
    } else copyFileSync(path.join(module, file), copy);
  }
}
