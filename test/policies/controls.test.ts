import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { renderSettingsPage } from "../../components/config/settings-page";
import { cis, cisIds, unknownCisIds } from "../../policies/controls/cis";
import { isGap } from "../../policies/controls/control";
import { prove, renderAuditorPage, sources, type ProvenControl } from "../../policies/controls/page";
import { cisIdsOf, readTestTitles, titlesIn } from "../../policies/controls/test-titles";
import { allRules } from "../../policies/rules";
import { SecretnessBook } from "../../policies/secrets";

const root = path.join(__dirname, "../..");
const rules = allRules(new SecretnessBook());
const tests = readTestTitles(root);
const named = tests.map(({ file, title }) => `${file}: ${title}`);

const settings = new Set(
  [...renderSettingsPage().matchAll(/^(?:## (\S+)|\| `([^`]+)`)/gm)].map(
    ([, section, setting]) => section ?? setting,
  ),
);

const kept: readonly (readonly [string, ProvenControl])[] = sources.flatMap(({ title, controls }) =>
  Object.entries(controls).flatMap(([id, control]) =>
    isGap(control) ? [] : [[`${title}, ${id}`, prove(id, control, { rules, tests })] as const],
  ),
);

describe("The page for auditors", () => {
  it("is what controls, rules and tests say (npm run docs:auditor writes it)", () => {
    const page = readFileSync(path.join(root, "docs/auditor.md"), "utf8");
    assert.equal(page, renderAuditorPage({ rules, tests }));
  });

  it("says of every control what must be so", () => {
    for (const [id, { what }] of kept) assert.match(what, /[^.\s]$/, id);
  });

  it("names settings that there are", () => {
    assert.ok(settings.has("hosts.adminUser") && settings.has("namespaces") && !settings.has("hosts.root"));
    for (const [id, control] of kept) {
      assert.deepEqual(
        control.settings.filter((setting) => !settings.has(setting)),
        [],
        id,
      );
    }
  });

  it("names policy rules that the pack has", () => {
    const known = new Set(rules.map(({ id }) => id));
    for (const [id, control] of kept) {
      assert.deepEqual(
        control.rules.filter((rule) => !known.has(rule)),
        [],
        id,
      );
    }
  });

  it("names tests that there are, by file and title", () => {
    for (const [id, control] of kept) {
      assert.deepEqual(
        control.tests.map(({ file, title }) => `${file}: ${title}`).filter((test) => !named.includes(test)),
        [],
        id,
      );
    }
  });

  it("claims nothing that neither a rule nor a test holds", () => {
    for (const [id, control] of kept) assert.ok(control.rules.length + control.tests.length > 0, id);
  });

  it("gives a reason where something is not kept", () => {
    const gaps = sources.flatMap(({ controls }) => Object.entries(controls)).filter(([, one]) => isGap(one));
    assert.ok(gaps.length > 0);
    for (const [id, gap] of gaps) assert.ok(isGap(gap) && gap.reason.endsWith("."), id);
  });
});

describe("The controls of the CIS benchmark", () => {
  it("are all 131 of version 1.12, and no other", () => {
    assert.equal(cisIds.length, 131);
    assert.deepEqual(Object.keys(cis.controls), cisIds);
    assert.deepEqual(unknownCisIds, []);
  });

  it("are the only ones that rules and tests name", () => {
    const claimed = [
      ...rules.flatMap(({ cis: ids = [] }) => ids),
      ...tests.flatMap(({ title }) => cisIdsOf(title)),
    ];
    assert.deepEqual(
      claimed.filter((id) => !cisIds.includes(id)),
      [],
    );
  });

  it("are not said to be missing where a rule or test names them", () => {
    const missing = Object.entries(cis.controls).flatMap(([id, control]) => (isGap(control) ? [id] : []));
    for (const id of missing) {
      const { rules: found, tests: shown } = prove(id, {}, { rules, tests });
      assert.deepEqual([...found, ...shown], [], id);
    }
  });
});

describe("Titles of tests", () => {
  it("are found in the text of a test, on one line or the next, whatever quotes them", () => {
    const text = `it("one", () => {});\n  describe(\n    'two \\'2\\'',\n  it(\`three \${x}\`, async () => { wait("no") })`;
    assert.deepEqual(titlesIn(text), ["one", "two '2'", "three ${x}"]);
  });

  it("name ids of the benchmark in front or in brackets, and a number by itself is none", () => {
    assert.deepEqual(cisIdsOf("CIS 4.1.3, 4.1.4: reads files of root's alone"), ["4.1.3", "4.1.4"]);
    assert.deepEqual(cisIdsOf("has no wildcard (CIS 5.1.3)"), ["5.1.3"]);
    assert.deepEqual(cisIdsOf("speaks no TLS older than 1.2"), []);
  });
});
