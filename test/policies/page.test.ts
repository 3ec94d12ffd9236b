import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { renderPage, renderRuleTables } from "../../policies/page";
import { allRules } from "../../policies/rules";
import { SecretnessBook } from "../../policies/secrets";

const rules = allRules(new SecretnessBook());

describe("The page of all rules", () => {
  it("is what the rules say (npm run docs:policies writes it)", () => {
    const page = readFileSync(path.join(__dirname, "../../docs/policies.md"), "utf8");
    assert.equal(page, renderPage(page, rules));
  });

  it("has one row for each rule, each cell filled", () => {
    const rows = renderRuleTables(rules)
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    assert.equal(rows.length, rules.length);
    for (const row of rows) assert.doesNotMatch(row, /\|\s+\|/, row);
  });
});
