import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { artifactsFor, checkArtifactParts, type Artifacts } from "../../../components/config/artifacts";
import { deliveredFiles } from "../../../components/config/host-source";

const built = "a".repeat(64);
const pinned = "b".repeat(64);
const release = { url: "https://dl.example.org/kubelet", sha256: pinned };
const catalogue: Artifacts = {
  arch: "amd64",
  kubernetesVersion: "1.35.4",
  artifacts: {
    kubelet: {
      version: "1.35.4",
      sha256: built,
      url: "file:///mounted/kubelet",
      localPath: "/cache/kubelet",
      release,
    },
    etcd: { version: "3.6.5", sha256: built, url: "file:///mounted/etcd", localPath: "/cache/etcd" },
  },
  images: {
    pause: {
      reference: "pause:1",
      sha256: built,
      url: "file:///mounted/pause.tar",
      localPath: "/cache/pause.tar",
    },
  },
  baseImage: "/base",
  cacheDir: "/cache",
};
const urls = ({ artifacts, images }: Artifacts): string[] =>
  [...Object.values(artifacts), ...Object.values(images)].map(
    ({ url, sha256 }) => `${sha256.slice(0, 1)} ${url}`,
  );

describe("where hosts get programs and images", () => {
  it("is the mounted cache on local machines", () => {
    assert.deepEqual(artifactsFor("local", catalogue), catalogue);
  });

  it("is the store that the delivery fills on hosts of the inventory", () => {
    assert.deepEqual(urls(artifactsFor("inventory", catalogue)), [
      `a file:///opt/redoubt/store/${built}/kubelet`,
      `a file:///opt/redoubt/store/${built}/etcd`,
      `a file:///opt/redoubt/store/${built}/pause.tar`,
    ]);
  });

  it("is the vendor's release with its own checksum where one is pinned and wanted, and the store for the rest", () => {
    const released = artifactsFor("inventory", catalogue, "released");
    assert.deepEqual(urls(released), [
      `b ${release.url}`,
      `a file:///opt/redoubt/store/${built}/etcd`,
      `a file:///opt/redoubt/store/${built}/pause.tar`,
    ]);
    const sources = (role: "control-plane" | "worker"): string[] =>
      deliveredFiles(released, role, {
        identityProvider: undefined,
        metricsServer: { enabled: false },
      }).map(({ source }) => source);
    assert.deepEqual(sources("control-plane"), ["/cache/etcd", "/cache/pause.tar"]);
    assert.deepEqual(sources("worker"), ["/cache/pause.tar"]);
  });
});

describe("the program of a part that is off by default", () => {
  const program = {
    version: "0.9.0",
    sha256: built,
    url: "file:///mounted/metrics-server",
    localPath: "/cache/metrics-server",
  };
  const withProgram: Artifacts = {
    ...catalogue,
    artifacts: { ...catalogue.artifacts, "metrics-server": program },
  };
  const settings = (enabled: boolean): Parameters<typeof deliveredFiles>[2] => ({
    identityProvider: undefined,
    metricsServer: { enabled },
  });

  it("is brought to control planes where it is on, and to nobody where it is off", () => {
    const brought = (role: "control-plane" | "worker", enabled: boolean): boolean =>
      deliveredFiles(withProgram, role, settings(enabled)).some(({ source }) => source === program.localPath);
    assert.equal(brought("control-plane", true), true);
    assert.equal(brought("worker", true), false);
    assert.equal(brought("control-plane", false), false);
  });

  it("must be in the catalogue where it is on, and need not where it is off", () => {
    checkArtifactParts(withProgram, settings(true));
    checkArtifactParts(catalogue, settings(false));
    assert.throws(() => {
      checkArtifactParts(catalogue, settings(true));
    }, /^Error: metricsServer\.enabled = true, but this shell was made for a stack without it\. Fix: /);
  });
});
