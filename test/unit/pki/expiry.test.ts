import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { needsRenewal, renewalWarnings, renewalWindow, soonestFirst } from "../../../components/pki/expiry";

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

  it("says from when an up renews the leaf that ends first, and by when one must", () => {
    const expiries = {
      "etcd-ca": "2026-12-01T00:00:00Z",
      "kubernetes-ca-2": "2026-12-01T00:00:00Z",
      "kubelet-server-w": "2027-03-03T00:00:00Z",
      "kubelet-server-w-2": "2027-03-02T12:00:00Z",
    };
    assert.deepEqual(renewalWindow(expiries, 36), {
      from: "2027-03-01T00:00:00Z",
      before: "2027-03-02T12:00:00Z",
    });
    assert.equal(renewalWindow({ "etcd-ca": "2026-12-01T00:00:00Z" }, 36), undefined);
  });

  it("is silent while all is well, and of leaves, which every up renews in time", () => {
    assert.deepEqual(renewalWarnings({ "etcd-ca": "2027-11-24T00:00:00Z" }, now, 30), []);
    assert.deepEqual(renewalWarnings({ "kubelet-server-w-2": "2026-11-25T00:00:00Z" }, now, 30), []);
  });

  it("names the remedy: the epoch for the administrator's authority, a rotation for the others, of any generation", () => {
    const warnings = renewalWarnings(
      {
        "kubernetes-ca": "2026-12-01T00:00:00Z",
        "admin-ca": "2026-12-02T00:00:00Z",
        "webhook-ca-2": "2026-12-04T00:00:00Z",
        "etcd-ca": "2036-01-01T00:00:00Z",
      },
      now,
      30,
    );
    assert.deepEqual(warnings, [
      "authority admin-ca ends 2026-12-02T00:00:00Z: change pki.epoch and run up, which makes it and all leaf certificates anew",
      'authority kubernetes-ca ends 2026-12-01T00:00:00Z (and 1 more within 30 days): rotate it before that day (docs/authentication.md, "To rotate the authorities")',
    ]);
  });
});
