import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { contentsOf, unitOf } from "../../support/fixture-cluster";
import { assertShellcheckClean } from "../../support/shellcheck";
import { nodePlan } from "./plan";

const plan = nodePlan("worker-0");
const contents = contentsOf(plan);
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

  describe("whose images come from archives", () => {
    const folder = "/opt/redoubt/artifacts/images";
    const known = (name: string): string =>
      `name==redoubt.local/${name}:1.0.0,labels."redoubt.io/archive"=="${folder}/${name}.tar"`;
    const load = (name: string): string[] => [
      `ctr --namespace k8s.io images import ${folder}/${name}.tar`,
      `ctr --namespace k8s.io images label redoubt.local/${name}:1.0.0 io.cri-containerd.pinned=pinned redoubt.io/archive=${folder}/${name}.tar`,
    ];
    let host = "";
    beforeEach(() => {
      host = mkdtempSync(path.join(tmpdir(), "images-"));
      const program = (name: string, text: string): void => {
        writeFileSync(path.join(host, name), `#!/bin/bash\ncd ${host}\n${text}`, { mode: 0o755 });
      };
      // A ctr(8) that knows the images of the filters in "known", and writes down what it is asked to do.
      program(
        "ctr",
        `printf 'ctr %s\\n' "$*" >>calls
[[ $4 == list ]] || exit 0
for filter in "\${@:6}"; do
  if grep --quiet --fixed-strings --line-regexp -- "$filter" known; then name=\${filter%%,*}; echo "\${name#name==}"; fi
done
`,
      );
      program("systemctl", `! grep --quiet --line-regexp -- "\${!#}" stopped\n`);
      for (const name of ["known", "stopped", "calls"]) writeFileSync(path.join(host, name), "");
      program("import-images", contentOf(`${libexec}/import-images`));
    });
    afterEach(() => {
      rmSync(host, { recursive: true });
    });
    const write = (name: string, lines: readonly string[]): void => {
      writeFileSync(path.join(host, name), lines.map((line) => `${line}\n`).join(""));
    };
    const run = (words: readonly string[]): { code: number | null; said: string; calls: string[] } => {
      const [program = "", ...args] = words.map((word) => word.replaceAll(libexec, host));
      const env = { ...process.env, PATH: `${host}:${process.env["PATH"] ?? ""}` };
      const { status, stdout } = spawnSync(program, args, { env, encoding: "utf8" });
      const calls = readFileSync(path.join(host, "calls"), "utf8").trimEnd().split("\n");
      return { code: status, said: stdout, calls: calls.filter((call) => !call.includes(" list ")) };
    };
    const [step] = plan.steps.filter(({ description }) => description.startsWith("container images"));
    assert.ok(step);

    it("loads one only when what came from this archive is not there, and pins it", () => {
      write("known", [known("pause")]);
      assert.deepEqual(run(step.command), { code: 0, said: "", calls: load("coredns") });
    });

    it("asks once, and does nothing, when all are there", () => {
      write("known", [known("pause"), known("coredns")]);
      assert.deepEqual(run(step.command).calls, []);
      assert.equal(readFileSync(path.join(host, "calls"), "utf8").trimEnd().split("\n").length, 1);
      assert.deepEqual(run(step.unless), { code: 0, said: "", calls: [] });
    });

    it("says which are missing, and loads none while it only looks", () => {
      write("known", [known("coredns")]);
      const said = "image redoubt.local/pause:1.0.0 is not there\n";
      assert.deepEqual(run(step.unless), { code: 1, said, calls: [] });
    });

    it("misses none while the start of a unit will load them: the step comes before it", () => {
      for (const unit of ["containerd.service", "redoubt-import-images.service"]) {
        write("stopped", [unit]);
        assert.equal(run(step.unless).code, 0, unit);
      }
      write("stopped", ["kubelet.service"]);
      assert.equal(run(step.unless).code, 1);
    });

    it("looks for those that are gone every minute, by a unit that may run again", () => {
      const timer = unitOf(plan, "redoubt-keep-images.timer");
      assert.deepEqual(timer.all("Timer", "OnUnitInactiveSec"), ["1min"]);
      const service = contentOf("/etc/systemd/system/redoubt-keep-images.service");
      assert.match(service, /^ExecStart=\/usr\/local\/libexec\/redoubt\/import-images$/m);
      assert.doesNotMatch(service, /RemainAfterExit/);
    });
  });
});
