import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { checkToolchainSum } from "../../../toolchain/go";
import { goToolchainSum, type Tool } from "../../../toolchain/manifest";
import { recipeHash } from "../../../toolchain/module-build";
import { scratchFolder } from "./scratch";

const toolchain = path.join(__dirname, "../../../toolchain");

/** A tool whose recipe is a copy of that of `pause`, which tests may change. */
function copiedTool(): { readonly tool: Tool; readonly folder: string } {
  const folder = path.join(scratchFolder(), "recipe");
  cpSync(path.join(toolchain, "build/pause"), folder, { recursive: true });
  const recipe = { folder: path.relative(toolchain, folder), package: "." };
  return { folder, tool: { name: "pause", version: "1.0.0", purpose: "image", recipe } };
}

describe("the hash that names a build in the cache", () => {
  const { tool, folder } = copiedTool();
  const before = recipeHash(tool);

  it("stays the same when nothing changes", () => {
    assert.equal(recipeHash(tool), before);
  });

  it("changes with version, package and stamps", () => {
    const { recipe } = tool;
    const others: Tool[] = [
      { ...tool, version: "1.0.1" },
      { ...tool, recipe: { ...recipe, package: "./other" } },
      { ...tool, recipe: { ...recipe, stamps: { "main.version": "2" } } },
    ];
    const hashes = [before, ...others.map(recipeHash)];
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it("does not change with the tests of a program", () => {
    writeFileSync(path.join(folder, "main_test.go"), "package main\n");
    assert.equal(recipeHash(tool), before);
  });

  for (const file of ["main.go", "go.mod", "go.sum"]) {
    it(`changes with ${file}`, () => {
      const unchanged = readFileSync(path.join(folder, file));
      writeFileSync(path.join(folder, file), `${unchanged.toString()}\n// changed\n`);
      assert.notEqual(recipeHash(tool), before);
      writeFileSync(path.join(folder, file), unchanged);
    });
  }
});

describe("the Go that builds", () => {
  it("is refused when the module proxy gives another one than was reviewed", () => {
    assert.doesNotThrow(() => {
      checkToolchainSum("golang.org/toolchain", goToolchainSum);
    });
    assert.throws(() => {
      checkToolchainSum("golang.org/toolchain", "h1:other");
    }, /golang\.org\/toolchain has the checksum h1:other, pinned is h1:.*Fix: /);
  });
});
