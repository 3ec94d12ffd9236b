import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { artifactsFor, type Artifacts } from "../../../components/config/artifacts";
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
      deliveredFiles(released, role, { identityProvider: undefined }).map(({ source }) => source);
    assert.deepEqual(sources("control-plane"), ["/cache/etcd", "/cache/pause.tar"]);
    assert.deepEqual(sources("worker"), ["/cache/pause.tar"]);
  });
});
