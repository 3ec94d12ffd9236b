import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  exitCodeOf,
  reportJson,
  reportText,
  type DriftReport,
  type PlaceReport,
} from "../../../drift/drift-report";
import type { Finding } from "../../../drift/finding";

const finding: Finding = {
  subject: "file /etc/x",
  wanted: "content sha256 aa",
  found: "content sha256 bb",
  diff: ["@@ -1,1 +1,1 @@", "-one", "+two"],
  repair: { by: "up", way: "replace", urns: ["urn:a"] },
};
const byHand: Finding = {
  ...finding,
  subject: "user mallory",
  diff: [],
  repair: { by: "hand", advice: "userdel" },
};

function seen(name: string, ...findings: Finding[]): PlaceReport {
  return { name, address: "10.0.0.1", look: { seen: true, compared: 9, findings, warnings: [] } };
}
const unseen: PlaceReport = {
  name: "worker-1",
  address: "10.0.0.2",
  look: { seen: false, reason: "timed out" },
};

const report = (...places: PlaceReport[]): DriftReport => ({ stack: "local", places });

describe("the exit code", () => {
  it("is 0 without drift, 2 with drift, 1 when not everything could be looked at, drift or not", () => {
    assert.equal(exitCodeOf(report(seen("worker-0"))), 0);
    assert.equal(exitCodeOf(report(seen("worker-0", finding))), 2);
    assert.equal(exitCodeOf(report(seen("worker-0"), unseen)), 1);
    assert.equal(exitCodeOf(report(seen("worker-0", finding), unseen)), 1);
  });
});

describe("the report for people", () => {
  it("says that all is well", () => {
    assert.equal(
      reportText(report(seen("worker-0"))),
      "worker-0 (10.0.0.1): as it was left (9 compared)\nNo drift.\n",
    );
  });

  it("says host by host what differs, with the line, and what to run", () => {
    assert.equal(
      reportText(report(seen("worker-0", finding, byHand), unseen)),
      `worker-0 (10.0.0.1): 2 things differ (9 compared)
  file /etc/x
      wanted: content sha256 aa
      found:  content sha256 bb
        @@ -1,1 +1,1 @@
        -one
        +two
  user mallory
      wanted: content sha256 aa
      found:  content sha256 bb
      by hand: userdel
worker-1 (10.0.0.2): could not look: timed out

Fix: npm run up -- --repair --stack local (puts 1 of 2 right)
Fix by hand: 1 of 2, because no program knows whether it was meant
Not everything could be looked at: worker-1. With --repair up starts machines of this box and then wants to see everything; of hosts elsewhere, up without it repairs those that it reaches
`,
    );
  });

  it("does not call the cluster as it was left when it could not be looked at", () => {
    assert.doesNotMatch(reportText(report(unseen)), /No drift/);
  });
});

describe("the report for programs", () => {
  it("has the form that docs/drift.md describes", () => {
    const json = JSON.parse(
      reportJson(report(seen("worker-0", finding), unseen), new Date("2026-01-02T03:04:05Z")),
    ) as unknown;
    assert.deepEqual(json, {
      version: 1,
      stack: "local",
      checkedAt: "2026-01-02T03:04:05.000Z",
      result: "incomplete",
      places: [
        { name: "worker-0", address: "10.0.0.1", seen: true, compared: 9, findings: [finding], warnings: [] },
        { name: "worker-1", address: "10.0.0.2", seen: false, reason: "timed out" },
      ],
    });
  });
});
