import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withTexts } from "../../../components/plan/late-texts";
import { mergeFragments } from "../../../components/plan/merge";

const plan = mergeFragments({ a: { files: [{ path: "/etc/a", content: "@KEY@ and @KEY@\n" }] } });

describe("texts that are known late", () => {
  it("take the place of their marks, and are not read as patterns", () => {
    assert.equal(withTexts(plan, { "@KEY@": "$& $1" }).files[0]?.content, "$& $1 and $& $1\n");
  });

  it("leave the plan as it was", () => {
    withTexts(plan, { "@KEY@": "x" });
    assert.equal(plan.files[0]?.content, "@KEY@ and @KEY@\n");
  });

  it("must have a place: a mark that no file holds is an error", () => {
    assert.throws(() => withTexts(plan, { "@OTHER@": "x" }), /no file holds the mark @OTHER@/);
  });
});
