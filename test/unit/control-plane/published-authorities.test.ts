import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { publishedAuthorities } from "../../../components/control-plane/published-authorities";
import { firstGeneration } from "../../../components/pki/authority-generations";
import { assertShellcheckClean } from "../../support/shellcheck";

describe("what pods are told of the authorities", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "published-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const script = (): string =>
    publishedAuthorities({ issuing: 1, trusted: [1, 2] }).readiness?.[0]?.command.at(-1) ?? "";
  /** Runs the condition where the host trusts one text and the cluster tells another. */
  const isTold = (trusted: string, told: string): boolean => {
    writeFileSync(path.join(folder, "trusted-authorities.crt"), trusted);
    writeFileSync(path.join(folder, "kubectl"), `#!/bin/bash\nprintf '%s' '${told}'\n`);
    chmodSync(path.join(folder, "kubectl"), 0o755);
    const text = script().replace("/usr/local/bin", folder).replace("/etc/kubernetes/pki", folder);
    return spawnSync("bash", ["-c", text]).status === 0;
  };

  it("is waited for until it is what hosts trust", () => {
    assert.equal(isTold("one\ntwo\n", "one\ntwo\n"), true);
    assert.equal(isTold("one\ntwo\n", "one\n"), false);
    assert.equal(isTold("one\ntwo\n", ""), false);
  });

  it("is not asked for before the first rotation", () => {
    assert.deepEqual(publishedAuthorities(firstGeneration), {});
  });

  it("is asked for by a clean script", () => {
    assertShellcheckClean(script());
  });
});
