import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accountFindings } from "../../../drift/account";

const urn = (type: string, name: string): string =>
  `urn:pulumi:prod::redoubt::redoubt:hosts:Aws$${type}::${name}`;
const instance = "aws:ec2/instance:Instance";

interface Known {
  readonly inputs?: object;
  readonly outputs?: object;
}

/** An event of a look, cut down to what counts: what was made, and what the provider read. */
function outcome(op: string, name: string, old: Known = {}, read: Known | null = {}): object {
  const typed = (known: Known | null): object | null =>
    known === null ? null : { type: instance, ...known };
  return {
    resOutputsEvent: { metadata: { op, urn: urn(instance, name), old: typed(old), new: typed(read) } },
  };
}

/** Of a run that came to its end. */
const log = (...events: object[]): string =>
  [...events, { summaryEvent: {} }].map((event) => `${JSON.stringify(event)}\n`).join("");

describe("what an account has", () => {
  it("is no finding where it is what was made", () => {
    const events = [outcome("refresh", "worker-0"), outcome("same", "worker-1"), { preludeEvent: {} }];
    assert.deepEqual(accountFindings(log(...events)), []);
    assert.deepEqual(accountFindings(log()), []);
  });

  it("is not known where the engine ended before its end, wherever that was", () => {
    const lines = log(outcome("refresh", "worker-0"), outcome("same", "worker-1")).trimEnd().split("\n");
    for (let count = 0; count < lines.length; count += 1) {
      assert.throws(() => accountFindings(lines.slice(0, count).join("\n")), /ended before it had asked/);
    }
  });

  it("is a finding where fields differ, told with what the program said and what is there now", () => {
    const made = { httpTokens: "required" };
    const changed = outcome(
      "update",
      "worker-0-instance",
      { inputs: { metadataOptions: made, sourceDestCheck: false, tags: { "a.b/c": "kept" } } },
      { inputs: { metadataOptions: { httpTokens: "optional" }, sourceDestCheck: true, tags: {} } },
    );
    const [finding] = accountFindings(log(changed));
    assert.deepEqual(finding, {
      subject: "aws:ec2:Instance worker-0-instance",
      wanted: '"required"',
      found: 'metadataOptions.httpTokens is "optional"',
      diff: [
        '-metadataOptions.httpTokens: "required"',
        '+metadataOptions.httpTokens: "optional"',
        "-sourceDestCheck: false",
        "+sourceDestCheck: true",
        '-tags.a.b/c: "kept"',
      ],
      repair: { by: "up", way: "refresh", urns: [urn(instance, "worker-0-instance")] },
    });
  });

  it("is a finding where something is gone", () => {
    const [finding] = accountFindings(log(outcome("delete", "worker-0", {}, null)));
    assert.equal(finding?.wanted, "is there");
    assert.equal(finding.found, "was deleted");
  });

  it("is told without what looks like a secret", () => {
    const key = "A".repeat(80);
    const changed = outcome(
      "update",
      "worker-0",
      { inputs: { userData: "x" } },
      { inputs: { userData: key } },
    );
    assert.doesNotMatch(JSON.stringify(accountFindings(log(changed))), new RegExp(key));
  });

  it("is not judged when the engine could not ask for all of it", () => {
    const said = (severity: string, message: string): object => ({ diagnosticEvent: { severity, message } });
    const events = [
      said("info", "hello"),
      outcome("delete", "worker-0", {}, null),
      said("error", "UnauthorizedOperation: not allowed\n"),
    ];
    assert.throws(() => accountFindings(log(...events)), /^Error: UnauthorizedOperation: not allowed$/);
  });

  it("is a finding where the provider reads every input as it was given and still would change it", () => {
    const same = { inputs: { a: 1 } };
    const [finding] = accountFindings(log(outcome("update", "worker-0", same, same)));
    assert.equal(finding?.found, "another one");
  });
});
