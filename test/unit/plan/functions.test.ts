import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { convergeFunctions, withFunctions, type FunctionSource } from "../../../components/plan/functions";
import { mergeFragments } from "../../../components/plan/merge";
import { paths } from "../../../components/plan/paths";
import { readScript } from "../../../components/plan/read-script";
import { renderScript } from "../../../components/plan/script";
import { assertShellcheckClean } from "../../support/shellcheck";

const whole = renderScript(mergeFragments({}), "test");

describe("the functions of a script", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "functions-"));
    file = path.join(folder, "lib", path.basename(paths.functions));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (source: FunctionSource): { readonly code: number | null; readonly said: string } => {
    const script = withFunctions(whole, source)
      .replaceAll(paths.functions, file)
      .replaceAll(path.dirname(paths.functions), path.dirname(file));
    const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input: script, encoding: "utf8" });
    return { code: status, said: stdout + stderr };
  };
  const report = '{"changed":[],"notApplicable":[]}\n';

  it("stand in it where nothing brought them yet", () => {
    assert.deepEqual(run("carried"), { code: 0, said: report });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("are left on the host by the phase that brings them, root's to write and all's to read", () => {
    assert.deepEqual(run("brought"), { code: 0, said: report });
    assert.equal(readFileSync(file, "utf8"), convergeFunctions);
    assert.equal(statSync(file).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(path.dirname(file)), [path.basename(file)]);
  });

  it("are not written again when they are there", () => {
    run("brought");
    const { ino } = statSync(file);
    run("brought");
    assert.equal(statSync(file).ino, ino);
  });

  it("are taken from the host by all later phases, which are short", () => {
    run("brought");
    assert.deepEqual(run("kept"), { code: 0, said: report });
    assert.ok(withFunctions(whole, "kept").length < whole.length / 20);
  });

  it("are refused when they are not those of this version, or gone", () => {
    assert.equal(run("kept").code, 1);
    run("brought");
    appendFileSync(file, "\n");
    const { code, said } = run("kept");
    assert.equal(code, 1);
    assert.match(said, /is not of this version\. Fix: run up with --repair/);
  });

  it("are a file of the phase that brings them, so drift finds a change and up --repair mends it", () => {
    const files = (source: FunctionSource): readonly { path: string }[] =>
      readScript(withFunctions(whole, source))?.files ?? [];
    assert.deepEqual(files("brought"), [
      {
        path: paths.functions,
        content: convergeFunctions,
        owner: "root",
        group: "root",
        mode: "0644",
        validate: [],
      },
    ]);
    assert.deepEqual([files("carried"), files("kept")], [[], []]);
  });

  it("leave every form of it clean", () => {
    for (const source of ["carried", "brought", "kept"] as const) {
      assertShellcheckClean(withFunctions(whole, source));
    }
  });
});
