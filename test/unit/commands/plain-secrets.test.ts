import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { refusePlainSecrets } from "../../../commands/plain-secrets";

describe("secrets in a stack's file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const refuse = (text: string): void => {
    writeFileSync(path.join(folder, "Pulumi.prod.yaml"), text);
    refusePlainSecrets("prod", folder);
  };

  it("are accepted where each is encrypted, or all at once, or there is none", () => {
    for (const text of [
      "config:\n  redoubt:secrets:\n    a: { secure: v1:x }\n    staticTokens: { robot: { secure: v1:y } }\n",
      "config:\n  redoubt:secrets: { secure: v1:x }\n",
      "config:\n  redoubt:secrets: {}\n",
      "config: {}\n",
      "",
    ]) {
      refuse(text);
    }
    refusePlainSecrets("no-such-stack", folder);
  });

  it("are refused where one stands in clear beside others, by name and without its value", () => {
    const text =
      "config:\n  redoubt:secrets:\n    ldapBindPassword: { secure: v1:x }\n    staticTokens: { robot: in-the-clear }\n";
    assert.throws(
      () => {
        refuse(text);
      },
      (error: Error) => {
        assert.match(
          error.message,
          /redoubt:secrets\.staticTokens\.robot: is in plain text in Pulumi\.prod\.yaml\. Fix: /,
        );
        assert.doesNotMatch(error.message, /in-the-clear|ldapBindPassword/);
        return true;
      },
    );
  });

  it("are refused where something stands beside what looks encrypted", () => {
    assert.throws(() => {
      refuse("config:\n  redoubt:secrets: { a: { secure: v1:x, more: clear } }\n");
    }, /redoubt:secrets\.a\.secure|redoubt:secrets\.a\.more/);
  });
});
