import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { authorizedKeys, stackKeyMark } from "../../../components/hosts/authorized-keys";
import { mergeFragments } from "../../../components/plan/merge";
import { hostKey } from "../../support/fixture-inventory";

const plan = mergeFragments({
  keys: authorizedKeys({ adminUser: "redoubt", sshPublicKeys: ["ssh-ed25519 AAAA operator"] }),
});
const [file] = plan.files;

describe("authorized keys", () => {
  it("are the stack's and those of the configuration, in a file of root's", () => {
    assert.equal(file?.path, "/etc/ssh/authorized_keys.d/redoubt");
    assert.equal(file.content, `${stackKeyMark}\nssh-ed25519 AAAA operator\n`);
    assert.deepEqual([file.owner, file.group, file.mode], [undefined, undefined, undefined]);
  });

  it("revert without a second login", () => {
    assert.deepEqual(
      plan.guarded.map((item) => item.path),
      ["/etc/ssh/authorized_keys.d/redoubt"],
    );
  });

  it("lie nowhere else: not where sshd looked before, neither for root nor for the administrator", () => {
    assert.deepEqual(plan.absent, ["/home/redoubt/.ssh/authorized_keys", "/root/.ssh/authorized_keys"]);
  });

  for (const [what, text, accepted] of [
    ["a key", `${hostKey("operator")} operator\n`, true],
    ["a line that is no key", "ssh-ed25519 AAAA operator\n", false],
  ] as const) {
    it(`are ${accepted ? "taken" : "refused"} by OpenSSH's own judge: ${what}`, () => {
      const folder = mkdtempSync(path.join(tmpdir(), "keys-"));
      try {
        writeFileSync(path.join(folder, "keys"), text);
        const [program = "", ...words] = file?.validate ?? [];
        const args = words.map((word) => (word === "{}" ? path.join(folder, "keys") : word));
        assert.equal(spawnSync(program, args).status === 0, accepted);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
