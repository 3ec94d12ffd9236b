import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { destroyArguments } from "../../../commands/open-stack";

describe("npm run destroy", () => {
  it("asks nobody, and keeps the preview, where a protected resource stops it before anything is gone", () => {
    assert.ok(destroyArguments.includes("--yes"));
    assert.ok(!destroyArguments.includes("--skip-preview"));
  });
});
