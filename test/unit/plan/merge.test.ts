import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeFragments } from "../../../components/plan/merge";

const file = { path: "/etc/x", content: "x\n" };

describe("joining what subjects want", () => {
  it("folds what two of them want in the same way", () => {
    const plan = mergeFragments({
      a: { packages: ["jq"], files: [file] },
      b: { packages: ["jq"], files: [file] },
    });
    assert.deepEqual(plan.packages, ["jq"]);
    assert.equal(plan.files.length, 1);
  });

  it("names both when they want one path in two ways", () => {
    const fragments = { sshd: { files: [file] }, audit: { files: [{ ...file, content: "y\n" }] } };
    assert.throws(
      () => mergeFragments(fragments),
      /files \/etc\/x is wanted in two ways, by sshd and by audit/,
    );
  });

  it("lets a subject add what restarts another's unit", () => {
    const plan = mergeFragments({
      a: { units: [{ name: "u.service", restartOn: ["/a"] }] },
      b: { units: [{ name: "u.service", restartOn: ["/b"] }] },
    });
    assert.deepEqual(plan.units, [{ name: "u.service", restartOn: ["/a", "/b"], reloadOn: [] }]);
  });

  for (const [what, wrong, message] of [
    ["a relative path", { ...file, path: "etc/x" }, /not an absolute, plain path/],
    ["a path with a detour", { ...file, path: "/etc/../x" }, /not an absolute, plain path/],
    ["a mode of three digits", { ...file, mode: "644" }, /four octal digits/],
    ["a last line without an end", { ...file, content: "x" }, /does not end with a newline/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => mergeFragments({ a: { files: [wrong] } }), message);
    });
  }

  it("refuses to guard what is no file of the plan", () => {
    assert.throws(
      () => mergeFragments({ a: { guarded: [{ path: "/etc/y", activate: ["true"] }] } }),
      /guarded, but no file/,
    );
  });
});
