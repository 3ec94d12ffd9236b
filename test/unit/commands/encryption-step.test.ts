import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseEncryptionSkip } from "../../../commands/encryption-step";

const first = { encrypting: 1, decrypting: [1] };
const both = { encrypting: 1, decrypting: [1, 2] };
const encrypts = { encrypting: 2, decrypting: [1, 2] };
const second = { encrypting: 2, decrypting: [2] };
const kubernetesVersion = "1.35.4";

describe("An up that rotates the key of etcd's secrets", () => {
  it("goes from the first generation when the stack tells of none", () => {
    refuseEncryptionSkip({ kubernetesVersion }, both);
    assert.throws(() => {
      refuseEncryptionSkip({ kubernetesVersion }, encrypts);
    }, /nothing was changed:\n.*encrypting = 2: would encrypt before every API server can decrypt it/);
  });

  it("goes from what the last one left", () => {
    refuseEncryptionSkip({ kubernetesVersion, encryptionKeys: encrypts }, second);
    assert.throws(() => {
      refuseEncryptionSkip({ kubernetesVersion, encryptionKeys: both }, second);
    }, /decrypting = \[2\]: drops 1, with which secrets are encrypted now/);
  });

  it("may begin anywhere when it is the first, and is the program's to judge when it says nothing readable", () => {
    refuseEncryptionSkip({}, second);
    refuseEncryptionSkip({ kubernetesVersion, encryptionKeys: both }, undefined);
  });

  it("is one from where an up that failed had been, too, and the way back stays open", () => {
    const told = { kubernetesVersion, encryptionKeys: both };
    refuseEncryptionSkip(told, encrypts, encrypts);
    refuseEncryptionSkip(told, both, encrypts);
    assert.throws(() => {
      refuseEncryptionSkip(told, first, encrypts);
    }, /decrypting = \[1\]: drops 2, with which secrets are encrypted now/);
    assert.throws(() => {
      refuseEncryptionSkip(told, second, encrypts);
    }, /drops 1, with which secrets are encrypted now/);
  });
});
