import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { checkToolchainSum } from "../../../toolchain/go";
import { goToolchainSum, goVersion, type Tool } from "../../../toolchain/manifest";
import { buildFromModules, recipeHash } from "../../../toolchain/module-build";
import { scratchFolder } from "./scratch";

const toolchain = path.join(__dirname, "../../../toolchain");

/** A tool whose recipe is a copy of that of `pause`, which tests may change. */
function copiedTool(): { readonly tool: Tool; readonly folder: string } {
  const folder = path.join(scratchFolder(), "recipe");
  cpSync(path.join(toolchain, "build/pause"), folder, { recursive: true });
  const recipe = { folder: path.relative(toolchain, folder), package: "." };
  const tool: Tool = { name: "pause", version: "1.0.0", purpose: "image", architecture: "amd64", recipe };
  return { folder, tool };
}

describe("the hash that names a build in the cache", () => {
  const { tool, folder } = copiedTool();
  const before = recipeHash(tool);

  it("stays the same when nothing changes", () => {
    assert.equal(recipeHash(tool), before);
  });

  it("is for amd64 what it was before there were other architectures, so that nothing is built again", () => {
    const hash = createHash("sha256").update(JSON.stringify([tool.recipe, "1.0.0", goVersion, "-s -w"]));
    for (const file of ["go.mod", "go.sum", "main.go"])
      hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)));
    assert.equal(before, hash.digest("hex").slice(0, 12));
  });

  it("changes with version, package, stamps and architecture", () => {
    const { recipe } = tool;
    const others: Tool[] = [
      { ...tool, version: "1.0.1" },
      { ...tool, architecture: "arm64" },
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
  for (const architecture of ["amd64", "arm64"] as const) {
    it(`is the box's own, and makes a program without C for ${architecture}`, async () => {
      const folder = scratchFolder();
      const go = path.join(folder, "go");
      const program = path.join(folder, "built");
      // Says in place of a program what it was told.
      writeFileSync(
        go,
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\necho "$CGO_ENABLED $GOOS/$GOARCH" >"$2"\n',
      );
      chmodSync(go, 0o755);
      const env = { PATH: process.env["PATH"], CGO_ENABLED: "0", GOARCH: "riscv64" };
      await buildFromModules({ ...copiedTool().tool, architecture }, { program: go, env }, program);
      assert.equal(readFileSync(program, "utf8"), `0 linux/${architecture}\n`);
    });
  }

  it("is refused when the module proxy gives another one than was reviewed", () => {
    assert.doesNotThrow(() => {
      checkToolchainSum("golang.org/toolchain", goToolchainSum);
    });
    assert.throws(() => {
      checkToolchainSum("golang.org/toolchain", "h1:other");
    }, /golang\.org\/toolchain has the checksum h1:other, pinned is h1:.*Fix: /);
  });
});
