import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { kubernetesVersions, programRelease, toolManifest } from "../../../toolchain/manifest";

const toolchain = path.join(__dirname, "../../../toolchain");

for (const version of kubernetesVersions) {
  describe(`the manifest for Kubernetes ${version}`, () => {
    const tools = toolManifest(version);

    it("names every tool once", () => {
      const names = tools.map((tool) => tool.name);
      assert.deepEqual(names, [...new Set(names)]);
    });

    for (const { name, release, releaseUnpinned, recipe } of tools) {
      it(`has a pinned module recipe for ${name}`, () => {
        const folder = path.join(toolchain, recipe.folder);
        assert.ok(existsSync(path.join(folder, "go.mod")), `${recipe.folder}/go.mod`);
        assert.ok(existsSync(path.join(folder, "go.sum")), `${recipe.folder}/go.sum`);
      });

      it(`pins the release of ${name}, or says why there is none`, () => {
        if (release === undefined) assert.ok(releaseUnpinned);
        else assert.match(release.sha256, /^[0-9a-f]{64}$/);
      });

      it(`extracts ${name} under its own name`, () => {
        assert.equal(path.basename(release?.member ?? name), name);
      });
    }

    it("lets hosts download Kubernetes' programs, and nothing of an archive or without a release", () => {
      const host = tools.filter(({ purpose }) => purpose === "host");
      const downloaded = host.filter((tool) => programRelease(tool) !== undefined).map(({ name }) => name);
      assert.deepEqual(downloaded.sort(), [
        ...["kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler"],
        ...["kubectl", "kubelet"],
      ]);
      for (const tool of host) assert.match(programRelease(tool)?.url ?? "https://", /^https:\/\//);
    });

    it("takes the Kubernetes programs in that version, and no other", () => {
      const kubernetes = tools.filter((tool) => tool.recipe.folder.startsWith("build/kubernetes-"));
      assert.deepEqual([...new Set(kubernetes.map((tool) => tool.version))], [version]);
    });
  });
}

describe("versions that must agree with npm", () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(toolchain, "../package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const [tool, npmPackage] of Object.entries({
    pulumi: "@pulumi/pulumi",
    "pulumi-language-nodejs": "@pulumi/pulumi",
    "pulumi-resource-command": "@pulumi/command",
    "pulumi-resource-kubernetes": "@pulumi/kubernetes",
    "pulumi-resource-tls": "@pulumi/tls",
  })) {
    it(`${tool} has the version of ${npmPackage}`, () => {
      const found = toolManifest().find(({ name }) => name === tool);
      assert.equal(found?.version, dependencies[npmPackage]);
    });
  }
});
