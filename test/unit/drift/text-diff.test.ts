import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textDiff } from "../../../drift/text-diff";

describe("the diff of a file", () => {
  it("shows the line that differs, with its neighbours", () => {
    assert.deepEqual(textDiff("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n"), [
      "@@ -2,3 +2,3 @@",
      " b",
      "-c",
      "+C",
      " d",
    ]);
  });

  it("shows no line that looks like a secret, though somebody put it there", () => {
    const pasted = `a\ntoken: abc\n-----BEGIN EC PRIVATE KEY-----\n${"Q".repeat(64)}\n`;
    const lines = textDiff("a\n", pasted);
    assert.doesNotMatch(lines.join("\n"), /abc|PRIVATE|QQQ/);
    assert.equal(lines.filter((line) => line === "+(looks like a secret; not shown)").length, 3);
  });

  it("shows a public key, which says who was let in", () => {
    const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"Q".repeat(43)} mallory`;
    assert.deepEqual(textDiff("", `${key}\n`).at(-1), `+${key}`);
    // Only as a key stands in its file, not behind another word.
    assert.match(textDiff("", `secret ssh-rsa ${"Q".repeat(64)}\n`).at(-1) ?? "", /not shown/);
  });

  it("is cut where it gets long, and says so", () => {
    const lines = textDiff("", Array.from({ length: 100 }, (_, index) => `${index}\n`).join(""));
    assert.equal(lines.length, 41);
    assert.equal(lines.at(-1), "(61 more lines)");
  });
});
