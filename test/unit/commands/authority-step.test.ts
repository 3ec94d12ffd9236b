import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseAuthoritySkip } from "../../../commands/authority-step";

const first = { issuing: 1, trusted: [1] };
const both = { issuing: 1, trusted: [1, 2] };
const second = { issuing: 2, trusted: [2] };
const kubernetesVersion = "1.35.4";

describe("An up that rotates authorities", () => {
  it("goes from the first generation when the stack tells of none", () => {
    refuseAuthoritySkip({ kubernetesVersion }, both);
    assert.throws(() => {
      refuseAuthoritySkip({ kubernetesVersion }, { issuing: 2, trusted: [1, 2] });
    }, /nothing was changed:\n.*issuing = 2: would issue before every host trusts it/);
  });

  it("goes from what the last one left", () => {
    refuseAuthoritySkip({ kubernetesVersion, authorities: second }, second);
    assert.throws(() => {
      refuseAuthoritySkip({ kubernetesVersion, authorities: second }, first);
    }, /issuing = 1: would issue/);
  });

  it("may begin anywhere when it is the first, and is the program's to judge when it says nothing readable", () => {
    refuseAuthoritySkip({}, second);
    refuseAuthoritySkip({ kubernetesVersion, authorities: both }, undefined);
  });

  it("is one from where an up that failed had been, too, and the way back stays open", () => {
    const told = { kubernetesVersion, authorities: { issuing: 1, trusted: [1, 2] } };
    const issues = { issuing: 2, trusted: [1, 2] };
    refuseAuthoritySkip(told, told.authorities, issues);
    refuseAuthoritySkip(told, issues, issues);
    assert.throws(() => {
      refuseAuthoritySkip(told, { issuing: 1, trusted: [1] }, issues);
    }, /withdraws 2, which issued the certificates that are in use/);
    const withdraws = { issuing: 2, trusted: [2] };
    refuseAuthoritySkip({ kubernetesVersion, authorities: issues }, issues, withdraws);
  });
});
