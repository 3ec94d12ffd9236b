import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { architectureOf, hostsBlock } from "../../../commands/hosts-block";

const of = (block: object): string | undefined => architectureOf(hostsBlock.parse(block));

describe("what the toolchain makes for a stack", () => {
  it("is for the architecture in the block of the stack's provider", () => {
    assert.equal(of({ provider: "aws", aws: { region: "eu-central-1", architecture: "arm64" } }), "arm64");
    assert.equal(of({ provider: "inventory", inventory: { architecture: "arm64" } }), "arm64");
  });

  it("is for the box's where none is said, or nothing at all", () => {
    assert.equal(of({ provider: "aws", aws: {} }), undefined);
    assert.equal(of({ provider: "inventory" }), undefined);
    assert.equal(architectureOf(undefined), undefined);
  });

  it("is for the box's on local machines, whatever a block of another provider says", () => {
    assert.equal(of({ inventory: { architecture: "arm64" } }), undefined);
    assert.equal(of({ provider: "local", aws: { architecture: "arm64" } }), undefined);
    assert.equal(of({ provider: "inventory", aws: { architecture: "arm64" } }), undefined);
  });

  it("leaves an architecture that there is not to the program, which reports it with all the rest", () => {
    assert.equal(of({ provider: "aws", aws: { architecture: "riscv64" } }), undefined);
  });
});
