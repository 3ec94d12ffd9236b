import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import {
  kubernetesImports,
  kubernetesModule,
  kubernetesRecipeName,
  kubernetesRecipes,
} from "../../../toolchain/kubernetes-module";
import { kubernetesVersions } from "../../../toolchain/manifest";

const upstream = `module k8s.io/kubernetes

replace (
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	k8s.io/api => ./staging/src/k8s.io/api
)
`;

describe("the module that builds Kubernetes", () => {
  it("replaces every staging folder by its published version", () => {
    assert.equal(
      kubernetesModule("1.36.3", upstream, "programs"),
      `module redoubt.dev/toolchain/kubernetes-1.36.3

go 1.26

require k8s.io/kubernetes v1.36.3

replace k8s.io/api => k8s.io/api v0.36.3

replace k8s.io/client-go => k8s.io/client-go v0.36.3
`,
    );
  });

  it("refuses what is no version of Kubernetes 1", () => {
    assert.throws(
      () => kubernetesModule("v1.36", upstream, "tests"),
      /"v1\.36" is not 1\.MINOR\.PATCH\. Fix: /,
    );
  });

  it("refuses a go.mod without staging folders, which would build something else", () => {
    assert.throws(
      () => kubernetesModule("1.36.3", "module k8s.io/kubernetes\n", "programs"),
      /replaces no staging folder/,
    );
  });

  const recipes = kubernetesVersions.flatMap((version) =>
    kubernetesRecipes.map((recipe) => ({ version, recipe })),
  );
  for (const { version, recipe } of recipes) {
    const name = kubernetesRecipeName(version, recipe);
    const folder = path.join(__dirname, "../../../toolchain/build", name);
    const committed = readFileSync(path.join(folder, "go.mod"), "utf8");

    it(`has a committed recipe ${name} that names no other version`, () => {
      const staged = version.replace(/^1\./, "0.");
      const replaces = [...committed.matchAll(/^replace (\S+) => (\S+) v(\S+)$/gm)];
      assert.ok(replaces.length > 25, `${replaces.length} replaces`);
      for (const [, module, target, found] of replaces) assert.deepEqual([target, found], [module, staged]);
      assert.match(committed, new RegExp(`^module redoubt\\.dev/toolchain/${name}$`, "m"));
      assert.match(committed, new RegExp(`^require k8s\\.io/kubernetes v${version}$`, "m"));
    });

    it(`imports all that ${name} builds`, () => {
      assert.equal(readFileSync(path.join(folder, "tools.go"), "utf8"), kubernetesImports(recipe));
    });
  }
});
