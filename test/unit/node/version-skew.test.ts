import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { versionSkew } from "../../../components/node/version-skew";
import type { ReadinessSpec } from "../../../components/plan/plan";
import { assertShellcheckClean } from "../../support/shellcheck";

describe("a node of another version", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "skew-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const script = (): string => {
    const [condition] =
      versionSkew({ controlPlanes: ["192.0.2.10", "192.0.2.11"], version: "1.36.3" }).preconditions ?? [];
    return condition?.command.at(-1) ?? "";
  };
  const program = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  /** Runs the condition with programs of the test in place of the host's. */
  const check = (): { code: number | null; says: string } => {
    const text = script().replaceAll("/usr/local/bin", folder);
    const { status, stdout } = spawnSync("bash", ["-c", text], { encoding: "utf8" });
    return { code: status, says: stdout.trim() };
  };
  const answers = (versions: Readonly<Record<string, string>>): void => {
    const cases = Object.entries(versions).map(
      ([server, version]) => `*${server}:6443*) echo '{ "gitVersion": "v${version}" }' ;;`,
    );
    program("kubectl", `case "$*" in\n${cases.join("\n")}\n*) exit 1 ;;\nesac`);
  };

  it("waits while one API server is older", () => {
    program("kubelet", "echo Kubernetes v1.35.4");
    answers({ "192.0.2.10": "1.36.3", "192.0.2.11": "1.35.4" });
    assert.deepEqual(check(), { code: 1, says: "https://192.0.2.11:6443 still runs another version" });
  });

  it("waits while one does not answer", () => {
    program("kubelet", "echo Kubernetes v1.35.4");
    answers({ "192.0.2.10": "1.36.3" });
    assert.deepEqual(check(), { code: 1, says: "https://192.0.2.11:6443 does not answer" });
  });

  it("goes on when all have the new one", () => {
    program("kubelet", "echo Kubernetes v1.35.4");
    answers({ "192.0.2.10": "1.36.3", "192.0.2.11": "1.36.3" });
    assert.deepEqual(check(), { code: 0, says: "" });
  });

  it("asks nobody when the host has that version already, or none", () => {
    program("kubectl", "exit 1");
    assert.equal(check().code, 0, "no kubelet yet");
    program("kubelet", "echo Kubernetes v1.36.3");
    assert.equal(check().code, 0, "the same version");
  });

  it("has a clean script", () => {
    assertShellcheckClean(script());
  });
});

describe("a node whose kubelet comes to another minor", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "drained-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const conditionsOf = (drainedAs?: string): readonly ReadinessSpec[] =>
    versionSkew({ controlPlanes: [], version: "1.36.3", drainedAs }).preconditions ?? [];
  const check = (kubelet: string, answer: string): { code: number | null; says: string } => {
    for (const [name, text] of Object.entries({ kubelet, kubectl: answer })) {
      if (text !== "") writeFileSync(path.join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    }
    const [program = "", ...words] = conditionsOf("worker-0").at(-1)?.command ?? [];
    const args = words.map((word) => word.replaceAll("/usr/local/bin", folder));
    const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
    return { code: status, says: stdout.trim() };
  };

  it("must be cordoned by then", () => {
    assert.deepEqual(check("echo Kubernetes v1.35.4", "echo worker-0=true"), { code: 0, says: "" });
  });

  it("is not changed under its pods, and the fix is told", () => {
    const { code, says } = check("echo Kubernetes v1.35.4", "echo worker-0=");
    assert.equal(code, 1);
    assert.match(says, /^it takes pods\. Fix: kubectl drain worker-0 /);
    assert.equal(check("echo Kubernetes v1.35.4", "exit 1").code, 1, "no answer is none");
  });

  for (const [what, kubelet, answer] of [
    ["it has no kubelet yet", "", "exit 1"],
    ["only the patch changes", "echo Kubernetes v1.36.0", "exit 1"],
    ["the cluster does not know it", "echo Kubernetes v1.35.4", "true"],
  ] as const) {
    it(`needs not be when ${what}`, () => {
      assert.equal(check(kubelet, answer).code, 0);
    });
  }

  it("needs not be where nobody would drain it, and the script is clean", () => {
    assert.equal(conditionsOf().length, 1);
    assertShellcheckClean(conditionsOf("worker-0").at(-1)?.command[2] ?? "");
  });
});
