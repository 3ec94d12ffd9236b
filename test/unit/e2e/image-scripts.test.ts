import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { brought, renderBringScript, renderRemoveScript } from "../../../e2e/image-scripts";
import { assertShellcheckClean } from "../../support/shellcheck";

const folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
after(() => {
  rmSync(folder, { recursive: true });
});
const reference = "registry.k8s.io/e2e-test-images/agnhost:2.59";

/** Runs a script, with an archive after it, on a host whose containerd has these images. */
function onHost(
  script: string,
  images: readonly string[],
): { readonly said: string; readonly imported: string } {
  const imported = path.join(folder, "imported");
  rmSync(imported, { force: true });
  writeFileSync(path.join(folder, "images"), images.map((image) => `${image}\n`).join(""));
  const ctr = `#!/bin/sh\ncase "$4" in list) cat "${folder}/images" ;; import) cat >"${imported}" ;; esac\n`;
  writeFileSync(path.join(folder, "ctr"), ctr);
  chmodSync(path.join(folder, "ctr"), 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], {
    input: `${script}the archive`,
    encoding: "utf8",
    env,
  });
  assert.equal(status, 0, stderr);
  return { said: stdout.trim(), imported: existsSync(imported) ? readFileSync(imported, "utf8") : "" };
}

describe("an image for Kubernetes' own tests", () => {
  it("is brought to a host that lacks it, which says so", () => {
    const near = `${reference}-1`;
    assert.deepEqual(onHost(renderBringScript(reference), [near]), {
      said: brought,
      imported: "the archive",
    });
  });

  it("is left as it is where one of that name is there", () => {
    assert.deepEqual(onHost(renderBringScript(reference), [reference]), { said: "", imported: "" });
  });

  it("comes and goes by clean scripts", () => {
    assertShellcheckClean(renderBringScript(reference));
    assertShellcheckClean(renderRemoveScript([reference, "b:1"]));
    assert.match(renderRemoveScript([reference, "b:1"]), /images remove registry\.k8s\.io\/\S+ b:1 >/);
  });
});
