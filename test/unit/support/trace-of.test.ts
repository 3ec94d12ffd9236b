import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { traceOf } from "../../support/trace-of";

describe("the trace of a text", () => {
  const trace = traceOf("PRIVATE KEY");
  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  it("is found in clear, and in base64 wherever it begins and ends", () => {
    assert.match("-----BEGIN EC PRIVATE KEY-----", trace);
    for (const before of ["", "-", "--", "---"])
      for (const after of ["", "-", "--", "---"]) assert.match(base64(`${before}PRIVATE KEY${after}`), trace);
  });

  it("is found though base64 has signs that mean something in a pattern", () => {
    const text = "~~>>~~>>~~>>";
    assert.match(base64(text), /\+/);
    for (const before of ["", "-", "--"]) assert.match(base64(before + text), traceOf(text));
  });

  it("is not found in another text", () => {
    assert.doesNotMatch("-----BEGIN PUBLIC KEY-----", trace);
    assert.doesNotMatch(base64("-----BEGIN PUBLIC KEY-----"), trace);
  });

  it("can't be made of less than base64 tells apart", () => {
    assert.throws(() => traceOf("$2b$"), /too short/);
  });
});
