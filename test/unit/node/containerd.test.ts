import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { contentsOf } from "../../support/fixture-cluster";
import { assertShellcheckClean } from "../../support/shellcheck";
import { nodePlan } from "./plan";

const contents = contentsOf(nodePlan("worker-0"));
const libexec = "/usr/local/libexec/redoubt";
const contentOf = (path: string): string => {
  const content = contents[path];
  assert.ok(content, `no file ${path}`);
  return content;
};

describe("the container runtime", () => {
  for (const script of ["prepare-node", "import-images"]) {
    it(`has a clean script ${script}`, () => {
      assertShellcheckClean(contentOf(`${libexec}/${script}`));
    });
  }

  it("leaves no word of its configuration open once the boot script has filled it in", () => {
    const template = contentOf("/etc/containerd/config.toml.in");
    const filled = (contentOf(`${libexec}/prepare-node`).match(/@[A-Z_]+@/g) ?? []).sort();
    assert.deepEqual(filled, (template.match(/@[A-Z_]+@/g) ?? []).sort());
  });

  it("loads an image only when it is not there, and pins every image", () => {
    const script = contentOf(`${libexec}/import-images`);
    const present = "redoubt.local/pause:1.0.0";
    // A ctr(8) that knows one image and writes down what it is asked to do.
    const fake = `ctr() { case "$*" in *list*) echo ${present} ;; *) printf 'ctr %s\\n' "$*" >&2 ;; esac; }\n`;
    const run = spawnSync("bash", ["-s"], { input: fake + script, encoding: "utf8" });
    assert.equal(run.status, 0);
    assert.deepEqual(run.stderr.trimEnd().split("\n"), [
      // Again, because a run may have been cut off between import and label.
      "ctr --namespace k8s.io images label redoubt.local/pause:1.0.0 io.cri-containerd.pinned=pinned",
      "ctr --namespace k8s.io images import /opt/redoubt/artifacts/images/coredns.tar",
      "ctr --namespace k8s.io images label redoubt.local/coredns:1.0.0 io.cri-containerd.pinned=pinned",
    ]);
  });
});
