import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { Command } from "commander";
import { hasLocalHosts, policyArguments, withPolicyOptions } from "../../commands/policies";

const root = path.dirname(path.dirname(__dirname));

function given(args: readonly string[], stack: string, byDefault: boolean): string[] {
  const command = withPolicyOptions(new Command(), "sometimes").parse([...args], { from: "user" });
  return policyArguments(command, stack, byDefault);
}

describe("Whether a command asks the pack", () => {
  it("is the command's own default, unless the user says it", () => {
    const asked = ["--policy-pack", path.join(root, "policies")];
    assert.deepEqual(given([], "nowhere", true), asked);
    assert.deepEqual(given([], "nowhere", false), []);
    assert.deepEqual(given(["--policies"], "nowhere", false), asked);
    assert.deepEqual(given(["--no-policies"], "nowhere", true), []);
  });
  it("brings the levels of the environment along", () => {
    assert.equal(given([], "prod", true).at(-1), path.join(root, "policies/config/prod.json"));
  });
  it("up asks about everything but local machines, and where it can't tell", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "policies-"));
    const local = (configuration: string): boolean => {
      writeFileSync(path.join(folder, "Pulumi.x.yaml"), configuration);
      return hasLocalHosts("x", folder);
    };
    try {
      assert.equal(hasLocalHosts("other", folder), true);
      assert.equal(local("config:\n  redoubt:network: {}\n"), true);
      assert.equal(local("config:\n  redoubt:hosts: { provider: local }\n"), true);
      assert.equal(local("config:\n  redoubt:hosts: { provider: inventory }\n"), false);
      assert.equal(local("config: [what, is, this]\n"), false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
