import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attemptedBy } from "../../../commands/attempted";
import type { StateResource } from "../../../commands/stack-outputs";

describe("what the last up set out to do", () => {
  const type = "redoubt:pki:ClusterPki";
  const urn = `urn:pulumi:test::redoubt::${type}::pki`;

  it("is known of its keys and authorities, also where it failed", () => {
    const authorities = { issuing: 2, trusted: [1, 2] };
    const serviceAccountKeys = { signingKey: 2, acceptedKeys: [1, 2] };
    const encryptionKeys = { encrypting: 2, decrypting: [1, 2] };
    const known = { authorities, serviceAccountKeys, encryptionKeys };
    const inputs = { epoch: 0, ...known };
    assert.deepEqual(attemptedBy([{ urn, type, inputs }]), { ...inputs, stackKeys: undefined });
  });

  for (const provider of ["LocalMachines", "Inventory", "AwsInstances"]) {
    it(`is known of the keys that it logs in with, by ${provider}: the first where nothing is told`, () => {
      const ofHosts = `redoubt:hosts:${provider}`;
      const state = (inputs: Record<string, unknown>): StateResource => ({
        urn: `urn:pulumi:test::redoubt::${ofHosts}::machines`,
        type: ofHosts,
        inputs,
      });
      const stackKeys = { connecting: 2, authorized: [1, 2] };
      assert.deepEqual(attemptedBy([state({ subnet: "10.77.5.0/24", stackKeys })]).stackKeys, stackKeys);
      const first = { connecting: 1, authorized: [1] };
      assert.deepEqual(attemptedBy([state({ subnet: "10.77.5.0/24" })]).stackKeys, first);
    });
  }

  it("is not known of an older version, nor before the first up", () => {
    assert.equal(attemptedBy([{ urn, type, inputs: { epoch: 0 } }]).authorities, undefined);
    assert.equal(attemptedBy([]).serviceAccountKeys, undefined);
  });
});
