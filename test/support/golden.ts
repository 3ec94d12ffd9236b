import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

const goldenFolder = path.join(__dirname, "..", "golden");

/** Paths of all files below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(path.join(folder, name)).isFile());
}

/**
 * Compares rendered files with those that lie under `test/golden/FOLDER`, where they are named as on disk.
 * `UPDATE_GOLDEN=1` rewrites the folder instead; read its diff before you commit it.
 *
 * @param files Contents by absolute path.
 * @throws when a file differs, has no golden, or a golden has no file.
 */
export function assertGolden(folder: string, files: Readonly<Record<string, string>>): void {
  const root = path.join(goldenFolder, folder);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    rmSync(root, { recursive: true, force: true });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content);
    }
    return;
  }
  const fix = `Fix: if it is meant, run the test with UPDATE_GOLDEN=1 and read the diff of test/golden/${folder}`;
  const rendered = Object.keys(files).map((name) => path.relative("/", name));
  assert.deepEqual(filesBelow(root).sort(), rendered.sort(), `files under test/golden/${folder}. ${fix}`);
  for (const [name, content] of Object.entries(files)) {
    assert.equal(content, readFileSync(path.join(root, name), "utf8"), `${folder}${name}. ${fix}`);
  }
}
