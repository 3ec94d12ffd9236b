import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { architectures, type Architecture } from "../../../toolchain/architecture";
import {
  defaultKubernetesVersion,
  kubernetesVersions,
  programRelease,
  toolManifest,
} from "../../../toolchain/manifest";

const toolchain = path.join(__dirname, "../../../toolchain");

const recipes = kubernetesVersions.flatMap((version) =>
  architectures.map((architecture) => ({ version, architecture })),
);

for (const { version, architecture } of recipes) {
  describe(`the manifest for Kubernetes ${version} on ${architecture} hosts`, () => {
    const tools = toolManifest(version, architecture);

    it("names every tool once for an architecture", () => {
      const names = tools.map((tool) => `${tool.name} ${tool.architecture}`);
      assert.deepEqual(names, [...new Set(names)]);
    });

    it("has what hosts install and run for their architecture, and all else for the box's", () => {
      for (const { name, purpose, architecture: made } of tools) {
        const isForHosts = ["host", "image", "cis"].includes(purpose) || name === "agnhost";
        assert.equal(made, isForHosts ? architecture : "amd64", name);
      }
    });

    it("gives the box the programs that operators run, whatever the hosts are", () => {
      for (const wanted of ["kubectl", "etcdctl", "etcdutl", "kubeadm"]) {
        assert.ok(
          tools.some(({ name, architecture: made }) => name === wanted && made === "amd64"),
          wanted,
        );
      }
    });

    for (const { name, release, releaseUnpinned, recipe, architecture: made } of tools) {
      it(`has a pinned module recipe for ${name} (${made})`, () => {
        const folder = path.join(toolchain, recipe.folder);
        assert.ok(existsSync(path.join(folder, "go.mod")), `${recipe.folder}/go.mod`);
        assert.ok(existsSync(path.join(folder, "go.sum")), `${recipe.folder}/go.sum`);
      });

      it(`pins the release of ${name} (${made}), or says why there is none`, () => {
        if (release === undefined) assert.ok(releaseUnpinned);
        else assert.match(release.sha256, /^[0-9a-f]{64}$/);
      });

      it(`extracts ${name} (${made}) under its own name`, () => {
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
      for (const tool of host) {
        const url = programRelease(tool)?.url;
        const folder = `https://dl.k8s.io/release/v${version}/bin/linux/${architecture}`;
        if (url !== undefined) assert.equal(url, `${folder}/${tool.name}`);
      }
    });

    it("takes the Kubernetes programs in that version, and no other", () => {
      const kubernetes = tools.filter((tool) => tool.recipe.folder.startsWith("build/kubernetes-"));
      assert.deepEqual([...new Set(kubernetes.map((tool) => tool.version))], [version]);
    });
  });

  it(`pins no release for ${architecture} hosts of ${version} by the checksum of another architecture's`, () => {
    const others = architectures.filter((other) => other !== architecture);
    const sums = (of: Architecture): (string | undefined)[] =>
      toolManifest(version, of)
        .filter((tool) => tool.architecture === of && tool.release?.url.includes(of))
        .map(({ release }) => release?.sha256);
    const own = new Set(sums(architecture));
    assert.ok(own.size > 0);
    for (const other of others)
      assert.deepEqual(
        sums(other).filter((sum) => own.has(sum)),
        [],
      );
  });
}

describe("the manifest when nobody says what hosts are", () => {
  it("is that for hosts as the box is", () => {
    assert.deepEqual(toolManifest(), toolManifest(defaultKubernetesVersion, "amd64"));
  });

  it("has nothing of arm64", () => {
    assert.deepEqual(
      toolManifest().filter(({ architecture }) => architecture !== "amd64"),
      [],
    );
    assert.doesNotMatch(JSON.stringify(toolManifest()), /arm64|aarch64/);
  });
});

describe("programs of parts that are off by default", () => {
  it("are metrics-server alone: a first run builds everything else", () => {
    const optional = toolManifest().filter(({ neededFor }) => neededFor !== undefined);
    assert.deepEqual(
      optional.map(({ name, neededFor }) => [name, neededFor]),
      [["metrics-server", "metricsServer"]],
    );
  });

  it("have the version that their recipe pins", () => {
    const { version } = toolManifest().find(({ name }) => name === "metrics-server") ?? {};
    const recipe = readFileSync(path.join(toolchain, "build/metrics-server/go.mod"), "utf8");
    assert.match(recipe, new RegExp(`^require sigs.k8s.io/metrics-server v${version ?? ""}$`, "m"));
  });
});

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
