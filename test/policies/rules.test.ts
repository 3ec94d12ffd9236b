import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownPolicies } from "../../policies/pack";
import { allRules } from "../../policies/rules";
import { SecretnessBook } from "../../policies/secrets";
import { aggregationTable } from "./cases/aggregation";
import { authorizationTable } from "./cases/authorization";
import { awsTable } from "./cases/aws";
import { certificateTable } from "./cases/certificates";
import type { CaseTable } from "./cases/cases";
import { fileTable } from "./cases/files";
import { flagTable } from "./cases/flags";
import { hostTable } from "./cases/hosts";
import { networkTable } from "./cases/network";
import { nodeTable } from "./cases/nodes";
import { registryTable } from "./cases/registries";
import { secretTable } from "./cases/secrets";
import { judge, type TestResource } from "./judge";

const tables: CaseTable = {
  ...hostTable,
  ...certificateTable,
  ...flagTable,
  ...aggregationTable,
  ...nodeTable,
  ...registryTable,
  ...fileTable,
  ...authorizationTable,
  ...networkTable,
  ...secretTable,
  ...awsTable,
};
const rules = allRules(new SecretnessBook());

/** Messages of one rule. */
function messages(id: string, resources: readonly TestResource[]): string[] {
  return judge(resources)
    .filter(({ policy }) => policy === id)
    .map(({ message }) => message);
}

/** Whether the pack says that the rule could not decide. */
function isUndecided(id: string, resources: readonly TestResource[]): boolean {
  return judge(resources).some(
    ({ policy, message }) =>
      policy === ownPolicies.undecided && new RegExp(`not judged by .*\\b${id}(,|$)`, "m").test(message),
  );
}

describe("The rules of the policy pack", () => {
  it("each have cases, and each case has its rule", () => {
    assert.deepEqual(Object.keys(tables).sort(), rules.map(({ id }) => id).sort());
  });

  it("say what they want, why, by which source, and what to do, without a full stop of their own", () => {
    for (const rule of rules) {
      assert.ok(rule.cis !== undefined || rule.source !== undefined, `${rule.id} has no source`);
      for (const text of [rule.rule, rule.why, rule.fix]) assert.match(text, /[^.\s]$/, rule.id);
    }
  });

  for (const { id } of rules) {
    const cases = tables[id];
    if (cases === undefined) continue;

    describe(id, () => {
      it("accepts what it is for", () => {
        assert.deepEqual(messages(id, cases.good), []);
        assert.equal(isUndecided(id, cases.good), false);
      });
      it("accepts the near miss on the good side", () => {
        assert.deepEqual(messages(id, cases.nearGood), []);
        assert.equal(isUndecided(id, cases.nearGood), false);
      });
      it("refuses the near miss on the bad side", () => {
        assert.notEqual(messages(id, cases.nearBad).length, 0);
      });
      it("refuses what is wrong, and says what, why and the fix", () => {
        const [message] = messages(id, cases.bad);
        assert.ok(message !== undefined);
        assert.match(message, /\. Rule: .+\. Why: .+\(.+\)\. Fix: .+/s);
      });
      it("neither accepts nor refuses what a preview does not know, and says so", () => {
        assert.deepEqual(messages(id, cases.unknown), []);
        assert.equal(isUndecided(id, cases.unknown), true);
      });
      for (const { title, resources } of cases.alsoGood ?? []) {
        it(`accepts ${title}`, () => {
          assert.deepEqual(messages(id, resources), []);
          assert.equal(isUndecided(id, resources), false);
        });
      }
      for (const { title, resources } of cases.alsoBad ?? []) {
        it(`refuses ${title}`, () => {
          assert.notEqual(messages(id, resources).length, 0);
        });
      }
    });
  }
});
