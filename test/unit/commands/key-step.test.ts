import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseIssuerChange, refuseKeySkip } from "../../../commands/key-step";

describe("another issuer of service account tokens", () => {
  const former = "https://kubernetes.default.svc.cluster.local";
  const wanted = "https://tokens.example.org";

  it("is refused where tokens that workloads hold would be of nobody", () => {
    assert.throws(() => {
      refuseIssuerChange(former, { issuer: wanted, acceptedIssuers: [] });
    }, /serviceAccounts\.issuer = .*every workload would be logged out.*Fix: add https:\/\/kubernetes\.default\.svc\.cluster\.local to/);
  });

  it("comes while the former one is accepted, and back", () => {
    refuseIssuerChange(former, { issuer: wanted, acceptedIssuers: [former] });
    refuseIssuerChange(former, { issuer: former, acceptedIssuers: [] });
    refuseIssuerChange(undefined, { issuer: wanted, acceptedIssuers: [] });
    refuseIssuerChange(former, undefined);
  });
});

describe("another key of service account tokens", () => {
  it("must be accepted before it signs, also where an up with it ended half-way", () => {
    refuseKeySkip({ signingKey: 1, acceptedKeys: [1, 2] }, { signingKey: 2, acceptedKeys: [1, 2] });
    const told = { signingKey: 1, acceptedKeys: [1, 2] };
    const failed = { signingKey: 2, acceptedKeys: [1, 2] };
    refuseKeySkip(told, told, failed);
    refuseKeySkip(undefined, { signingKey: 2, acceptedKeys: [2] }, told);
    assert.throws(() => {
      refuseKeySkip(told, { signingKey: 1, acceptedKeys: [1] }, failed);
    }, /drops 2, which signs now/);
  });
});
