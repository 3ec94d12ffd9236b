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

  it("loads an image only when what came from this archive is not there, and pins every image", () => {
    const script = contentOf(`${libexec}/import-images`);
    const folder = "/opt/redoubt/artifacts/images";
    // A ctr(8) that knows one image, by its name and archive, and writes down what it is asked to do.
    const known = `name==redoubt.local/pause:1.0.0,labels."redoubt.io/archive"=="${folder}/pause.tar"`;
    const fake = `ctr() { case "$*" in *"list --quiet "*) [ "$6" != '${known}' ] || echo pause ;; *) printf 'ctr %s\\n' "$*" >&2 ;; esac; }\n`;
    const run = spawnSync("bash", ["-s"], { input: fake + script, encoding: "utf8" });
    assert.equal(run.status, 0);
    assert.deepEqual(run.stderr.trimEnd().split("\n"), [
      `ctr --namespace k8s.io images import ${folder}/coredns.tar`,
      `ctr --namespace k8s.io images label redoubt.local/coredns:1.0.0 io.cri-containerd.pinned=pinned redoubt.io/archive=${folder}/coredns.tar`,
    ]);
  });
});
