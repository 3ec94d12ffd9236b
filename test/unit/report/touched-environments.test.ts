import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sharedEnvironments, touchedEnvironments } from "../../../report/touched-environments";

const all = ["dev", "staging", "prod"];

describe("the environments of a pipeline", () => {
  it("are those with settings, in the order in which a change goes through them", () => {
    const files = [
      "Pulumi.yaml",
      "Pulumi.prod.yaml",
      "Pulumi.edge.yaml",
      "Pulumi.dev.yaml",
      "Pulumi.staging.yaml",
    ];
    assert.deepEqual(sharedEnvironments(files), ["dev", "staging", "prod", "edge"]);
  });

  it("leave out the one that lives on a box of its own", () => {
    assert.deepEqual(sharedEnvironments(["Pulumi.local.yaml"]), []);
  });
});

describe("a change touches", () => {
  it("the environment whose settings it changes", () => {
    assert.deepEqual(touchedEnvironments(["Pulumi.dev.yaml", "docs/a.md"], all), ["dev"]);
  });

  it("all of them when it changes the program, its packages, policies or tools", () => {
    for (const file of [
      "index.ts",
      "components/a/b.ts",
      "package-lock.json",
      "policies/a.ts",
      "toolchain/a.ts",
      "Pulumi.yaml",
    ]) {
      assert.deepEqual(touchedEnvironments([file], all), all, file);
    }
  });

  it("none when it changes only what no stack is made of", () => {
    const files = [
      "README.md",
      "docs/a.md",
      "test/unit/a.test.ts",
      ".github/workflows/a.yml",
      ".ci/run",
      "bench/a.ts",
      "LICENSE",
    ];
    assert.deepEqual(touchedEnvironments(files, all), []);
    assert.deepEqual(touchedEnvironments([], all), []);
  });

  it("no environment that has no settings any more", () => {
    assert.deepEqual(touchedEnvironments(["Pulumi.gone.yaml"], all), []);
  });
});
