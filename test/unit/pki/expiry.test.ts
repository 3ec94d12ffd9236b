import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needsRenewal, renewalWarnings, soonestFirst } from "../../../components/pki/expiry";

const now = new Date("2026-11-24T00:00:00Z");

describe("expiry", () => {
  it("lists what ends first in front", () => {
    const listed = soonestFirst({
      b: "2027-01-01T00:00:00Z",
      a: "2027-01-01T00:00:00Z",
      // Another zone, but the earlier moment.
      c: "2027-01-01T00:30:00+02:00",
    });
    assert.deepEqual(
      listed.map(({ name }) => name),
      ["c", "a", "b"],
    );
  });

  it("calls for renewal within the threshold, and after the end", () => {
    assert.equal(needsRenewal("2026-12-24T00:00:00Z", now, 30), false);
    assert.equal(needsRenewal("2026-12-23T23:59:59Z", now, 30), true);
    assert.equal(needsRenewal("2026-01-01T00:00:00Z", now, 30), true);
  });

  it("refuses what is no time", () => {
    assert.throws(() => needsRenewal("soon", now, 30), /"soon", which is no time/);
  });

  it("is silent while all is well", () => {
    assert.deepEqual(renewalWarnings({ admin: "2027-11-24T00:00:00Z" }, now, 30), []);
  });

  it("names the remedy: the epoch for leaves, a rotation for authorities of any generation", () => {
    const warnings = renewalWarnings(
      {
        "kubernetes-ca": "2026-12-01T00:00:00Z",
        admin: "2026-12-02T00:00:00Z",
        "kubelet-server-w": "2026-12-03T00:00:00Z",
        "kubelet-server-w-2": "2026-12-03T00:00:00Z",
        "webhook-ca-2": "2026-12-04T00:00:00Z",
        "etcd-ca": "2036-01-01T00:00:00Z",
      },
      now,
      30,
    );
    assert.deepEqual(warnings, [
      "certificate admin ends 2026-12-02T00:00:00Z (and 2 more within 30 days): change pki.epoch and run up, which issues all leaf certificates anew",
      'certificate kubernetes-ca ends 2026-12-01T00:00:00Z (and 1 more within 30 days): it is an authority, which pki.epoch does not renew: rotate it before that day (docs/authentication.md, "To rotate the authorities")',
    ]);
  });
});
