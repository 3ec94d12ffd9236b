import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  answeredWarnings,
  exitCodeOf,
  reportJson,
  reportText,
  rowsOf,
  totalsOf,
  type BenchmarkReport,
} from "../../../cis/report";
import type { CheckResult, CheckStatus } from "../../../cis/results";
import { cisAnswer } from "../../../policies/controls/cis";

function check(id: string, status: CheckStatus, found = "", looked = true): CheckResult {
  return { id, text: `text of ${id}`, status, looked, found };
}

function report(hosts: Readonly<Record<string, readonly CheckResult[] | string>>): BenchmarkReport {
  return {
    stack: "local",
    hosts: Object.entries(hosts).map(([name, seen]) => ({
      name,
      look:
        typeof seen === "string"
          ? { seen: false, reason: seen }
          : { seen: true, results: { benchmark: "cis-1.11", checks: seen } },
    })),
  };
}

const none = (): undefined => undefined;
const good = report({ cp: [check("1.2.10", "PASS"), check("1.2.9", "PASS")], w0: [check("4.1.1", "PASS")] });
const bad = report({
  cp: [check("1.2.9", "PASS"), check("4.1.9", "PASS")],
  w0: [check("4.1.9", "FAIL", "permissions=644")],
});

describe("a report of the benchmark", () => {
  it("has each check once, in the benchmark's order", () => {
    assert.deepEqual(
      rowsOf(good).map(({ id }) => id),
      ["1.2.9", "1.2.10", "4.1.1"],
    );
  });

  it("has a check failed when it failed on one host, and says on which", () => {
    const row = rowsOf(bad).find(({ id }) => id === "4.1.9");
    assert.equal(row?.status, "FAIL");
    assert.deepEqual(row.places, [{ host: "w0", status: "FAIL", found: "permissions=644" }]);
    assert.match(reportText(bad, none), /^FAIL {2}4\.1\.9 {2}text of 4\.1\.9\n {6}w0: permissions=644\n/);
  });

  it("counts what passed, what failed, what somebody must look at, and what nobody looked at", () => {
    const rows = rowsOf(
      report({
        cp: [
          check("1.1.1", "PASS"),
          check("1.2.11", "WARN"),
          check("3.1.1", "WARN", "Test marked as a manual test", false),
          check("4.1.1", "FAIL"),
        ],
      }),
    );
    assert.deepEqual(totalsOf(rows), { passed: 1, failed: 1, warned: 1, byHand: 1 });
  });

  it("fails where kube-bench only warns, but for what is answered: of a key that others may read it warns too", () => {
    const warned = report({ cp: [check("1.1.21", "WARN", "permissions=644")] });
    assert.equal(exitCodeOf(warned), 2);
    assert.match(reportText(warned, none), /^FAIL {2}1\.1\.21 .*\n {6}cp: permissions=644\n\n/);
    for (const id of answeredWarnings) {
      assert.equal(exitCodeOf(report({ cp: [check(id, "WARN")] })), 0, id);
      assert.ok(cisAnswer(id) !== undefined, id);
    }
    assert.equal(exitCodeOf(report({ cp: [check("3.1.1", "WARN", "", false)] })), 0);
  });

  it("ends with 0 when nothing failed, with 2 when something did, with 1 when a host was not seen", () => {
    const unseen = report({ cp: [check("1.1.1", "FAIL")], w0: "no route to host" });
    assert.deepEqual([good, bad, unseen].map(exitCodeOf), [0, 2, 1]);
    assert.match(reportText(unseen, none), /w0: could not look: no route to host/);
  });

  it("says beside what did not pass what the auditor's page says of it", () => {
    const open = report({ cp: [check("1.2.11", "WARN")] });
    assert.match(reportText(open, cisAnswer), /here: Images are preloaded/);
    assert.equal(cisAnswer("1.2.11")?.startsWith("Images are preloaded"), true);
    assert.equal(cisAnswer("9.9.9"), undefined);
  });

  it("is told as JSON with all of that", () => {
    const document = JSON.parse(reportJson(bad, none, new Date(0))) as Record<string, unknown>;
    assert.equal(document["version"], 1);
    assert.equal(document["benchmark"], "cis-1.11");
    assert.equal(document["result"], "failed");
    assert.deepEqual(document["totals"], { passed: 1, failed: 1, warned: 0, byHand: 0 });
    assert.deepEqual(document["hosts"], [
      { name: "cp", seen: true, checks: 2 },
      { name: "w0", seen: true, checks: 1 },
    ]);
  });
});
