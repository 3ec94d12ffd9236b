import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { removeScript, renderBringScript } from "../../../e2e/image-scripts";
import { assertShellcheckClean } from "../../support/shellcheck";

const folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
after(() => {
  rmSync(folder, { recursive: true });
});
const reference = "registry.k8s.io/e2e-test-images/agnhost:2.59";

/** Runs a script, with what follows it, on a host whose containerd has these images. @returns what containerd was told to change. */
function onHost(script: string, images: readonly string[], labelled: readonly string[] = []): string[] {
  const told = path.join(folder, "told");
  writeFileSync(told, "");
  const lines = (names: readonly string[]): string => names.map((name) => `${name}\n`).join("");
  writeFileSync(path.join(folder, "images"), lines(images));
  writeFileSync(path.join(folder, "labelled"), lines(labelled));
  // Filters as containerd knows them.
  const ctr = `#!/bin/sh
case "$4 $6" in
  'list name=='*) grep --line-regexp --fixed-strings -- "\${6#name==}" "${folder}/images" || true ;;
  'list labels."redoubt.io/e2e"==brought') cat "${folder}/labelled" ;;
  import*) echo "import $(cat)" >>"${told}" ;;
  *) shift 3; echo "$*" >>"${told}" ;;
esac
`;
  writeFileSync(path.join(folder, "ctr"), ctr);
  chmodSync(path.join(folder, "ctr"), 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const { status, stderr } = spawnSync("bash", ["-s"], {
    input: script,
    encoding: "utf8",
    env,
  });
  assert.equal(status, 0, stderr);
  return readFileSync(told, "utf8").split("\n").slice(0, -1);
}

describe("an image for Kubernetes' own tests", () => {
  it("is brought to a host that lacks it, and bears a label there", () => {
    assert.deepEqual(onHost(`${renderBringScript(reference)}the archive`, [`${reference}-1`]), [
      "import the archive",
      `label ${reference} redoubt.io/e2e=brought`,
    ]);
  });

  it("is left as it is where one of that name is there", () => {
    assert.deepEqual(onHost(`${renderBringScript(reference)}the archive`, [reference]), []);
  });

  it("goes by its label, with what a run left that was cut off; nothing else does", () => {
    assert.deepEqual(onHost(removeScript, [reference, "b:1", "own:1"], [reference, "b:1"]), [
      `remove ${reference} b:1`,
    ]);
    assert.deepEqual(onHost(removeScript, ["own:1"]), []);
  });

  it("comes and goes by clean scripts", () => {
    assertShellcheckClean(renderBringScript(reference));
    assertShellcheckClean(removeScript);
  });
});
