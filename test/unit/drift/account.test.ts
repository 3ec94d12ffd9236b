import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accountFindings } from "../../../drift/account";

const urn = (type: string, name: string): string =>
  `urn:pulumi:prod::redoubt::redoubt:hosts:Aws$${type}::${name}`;
const instance = "aws:ec2/instance:Instance";

/** A step as the engine prints it, cut down to what counts. */
function step(op: string, name: string, more: object = {}): object {
  return {
    op,
    urn: urn(instance, name),
    oldState: { type: instance },
    newState: { type: instance },
    ...more,
  };
}

const printed = (...steps: object[]): string => JSON.stringify({ steps, changeSummary: { same: 1 } });

describe("what an account has", () => {
  it("is no finding where it is what was made", () => {
    assert.deepEqual(accountFindings(printed(step("refresh", "worker-0"), step("same", "worker-1"))), []);
    assert.deepEqual(accountFindings("{}"), []);
  });

  it("is a finding where fields differ, told with what the program said and what is there now", () => {
    const changed = step("update", "worker-0-instance", {
      oldState: {
        type: instance,
        inputs: { metadataOptions: { httpTokens: "required" }, tags: { "a.b/c": "kept" } },
        outputs: { sourceDestCheck: false },
      },
      newState: {
        type: instance,
        inputs: { metadataOptions: { httpTokens: "optional" } },
        outputs: { sourceDestCheck: true },
      },
      detailedDiff: {
        "metadataOptions.httpTokens": { kind: "update" },
        sourceDestCheck: { kind: "update" },
        'tags["a.b/c"]': { kind: "delete" },
      },
    });
    const [finding] = accountFindings(printed(changed));
    assert.deepEqual(finding, {
      subject: "aws:ec2:Instance worker-0-instance",
      wanted: '"required"',
      found: 'metadataOptions.httpTokens is "optional"',
      diff: [
        '-metadataOptions.httpTokens: "required"',
        '+metadataOptions.httpTokens: "optional"',
        "-sourceDestCheck: false",
        "+sourceDestCheck: true",
        '-tags["a.b/c"]: "kept"',
      ],
      repair: { by: "up", way: "refresh", urns: [urn(instance, "worker-0-instance")] },
    });
  });

  it("is a finding where something is gone", () => {
    const [finding] = accountFindings(printed(step("delete", "worker-0", { newState: null })));
    assert.equal(finding?.wanted, "is there");
    assert.equal(finding.found, "was deleted");
  });

  it("is told without what looks like a secret", () => {
    const key = "A".repeat(80);
    const changed = step("update", "worker-0", {
      oldState: { type: instance, inputs: { userData: "x" } },
      newState: { type: instance, inputs: { userData: key } },
      detailedDiff: { userData: { kind: "update" } },
    });
    assert.doesNotMatch(JSON.stringify(accountFindings(printed(changed))), new RegExp(key));
  });

  it("is not judged when the engine could not ask for all of it", () => {
    const diagnostics = [
      { severity: "info", message: "hello" },
      { severity: "error", message: "UnauthorizedOperation: not allowed\n" },
    ];
    assert.throws(
      () => accountFindings(JSON.stringify({ steps: [step("delete", "worker-0")], diagnostics })),
      /^Error: UnauthorizedOperation: not allowed$/,
    );
  });
});
