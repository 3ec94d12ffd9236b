import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeOf, readSpecReport, reportText } from "../../../e2e/spec-report";

/** A report as ginkgo writes it. */
function ginkgo(...specs: readonly Readonly<Record<string, unknown>>[]): string {
  const failed = specs.some(({ State = "passed" }) => State !== "passed" && State !== "skipped");
  return ginkgoEnding({ SuiteSucceeded: !failed }, ...specs);
}

/** One whose suite ended in another way. */
function ginkgoEnding(
  suite: Readonly<Record<string, unknown>>,
  ...specs: readonly Readonly<Record<string, unknown>>[]
): string {
  const plain = {
    ContainerHierarchyTexts: ["[sig-network] Netpol", "NetworkPolicy between server and client"],
    LeafNodeText: "should deny",
    LeafNodeType: "It",
    State: "passed",
    RunTime: 20_114_000_000,
  };
  return JSON.stringify([{ ...suite, SpecReports: specs.map((spec) => ({ ...plain, ...spec })) }]);
}

const failure = { Message: "had 1 wrong result\nand more" };

describe("a report of Kubernetes' own tests", () => {
  it("has those that ran, by their whole titles", () => {
    const { passed, failed } = readSpecReport(ginkgo({}, { State: "failed", Failure: failure }));
    assert.deepEqual(passed, [
      {
        name: "[sig-network] Netpol NetworkPolicy between server and client should deny",
        seconds: 20,
        message: "",
      },
    ]);
    assert.equal(failed.length, 1);
    assert.equal(failed[0]?.message, failure.Message);
  });

  it("counts as failed what ended in any other way than passed or skipped", () => {
    for (const State of ["failed", "panicked", "timedout", "interrupted", "aborted", "a state of tomorrow"]) {
      const report = readSpecReport(ginkgo({ State }));
      assert.equal(report.failed.length, 1, State);
      assert.equal(exitCodeOf(report), 2, State);
    }
  });

  it("tells apart those that said that they do not apply, and those that nobody chose", () => {
    const report = readSpecReport(
      ginkgo({}, { State: "skipped", Failure: { Message: "needs 3 nodes" } }, { State: "skipped" }),
    );
    assert.deepEqual(
      report.inapplicable.map(({ message }) => message),
      ["needs 3 nodes"],
    );
    assert.equal(reportText(report).split("\n").at(-2), "1 passed, 0 failed, 1 do not apply");
  });

  it("is none that proves anything when nothing was run, or what comes before the tests failed", () => {
    const before = { LeafNodeType: "SynchronizedBeforeSuite", LeafNodeText: "", State: "failed" };
    assert.equal(exitCodeOf(readSpecReport(ginkgo({ State: "skipped" }))), 1);
    const broken = readSpecReport(ginkgo({}, { ...before, Failure: failure }));
    assert.equal(exitCodeOf(broken), 1);
    assert.match(reportText(broken), /^BROKEN .*SynchronizedBeforeSuite\n {6}had 1 wrong result\n/);
    assert.equal(exitCodeOf(readSpecReport(ginkgo({}))), 0);
  });

  it("proves nothing when it was cut off, or failed without saying where", () => {
    const reasons = ["Interrupted by User"];
    const cut = readSpecReport(
      ginkgoEnding({ SuiteSucceeded: false, SpecialSuiteFailureReasons: reasons }, {}),
    );
    assert.equal(exitCodeOf(cut), 1);
    assert.match(reportText(cut), /^not all were run: Interrupted by User$/m);
    assert.equal(exitCodeOf(readSpecReport(ginkgoEnding({ SuiteSucceeded: false }, {}))), 1);
    const failed = { State: "failed", Failure: failure };
    assert.equal(exitCodeOf(readSpecReport(ginkgoEnding({ SuiteSucceeded: false }, failed))), 2);
  });

  it("names what failed, with the first line of why", () => {
    const report = readSpecReport(ginkgo({ State: "failed", Failure: failure }));
    assert.match(
      reportText(report),
      /^FAILED {2}\[sig-network\] .* should deny\n {6}had 1 wrong result\n0 passed, 1 f/,
    );
  });

  it("is refused when it is none", () => {
    for (const text of ["", "{}", "[]", '[{"SpecReports":[{}]}]'])
      assert.throws(() => readSpecReport(text), Error, text);
  });
});
