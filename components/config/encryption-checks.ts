import type { EncryptionKeyOptions } from "../pki/encryption-generations";
import type { Problem } from "./problem";
import { checkRotationStep, rotationProblems, type Rotation } from "./rotation";
import type { Settings } from "./schema";

/** kubernetes.io/docs/tasks/administer-cluster/encrypt-data, "Rotate a decryption key". */
const rotation: Rotation<"encrypting", "decrypting"> = {
  block: "apiServer.encryptionKeys",
  current: "encrypting",
  accepted: "decrypting",
  does: "it encrypts",
  unaccepted: "what is written could not be read",
  tooEarly: "would encrypt before every API server can decrypt it",
  tooLate: (dropped) => `drops ${dropped}, with which secrets are encrypted now: nobody could read them`,
  thenDrop: "change encrypting first and run up, which encrypts all anew, then drop",
};

/** Relations within `apiServer.encryptionKeys`. */
export function encryptionProblems({ apiServer }: Settings): Problem[] {
  return rotationProblems(rotation, apiServer.encryptionKeys);
}

/** One encrypts only where every API server can decrypt it already, and one that what is stored may still be encrypted with is not dropped. */
export function checkEncryptingStep(from: EncryptionKeyOptions, to: EncryptionKeyOptions): Problem[] {
  return checkRotationStep(rotation, from, to);
}

/** Whether a running cluster may go from one set of keys to another. One that encrypted is not followed by an older one: it would be forgotten. */
export function checkEncryptionStep(from: EncryptionKeyOptions, to: EncryptionKeyOptions): Problem[] {
  const problems = checkEncryptingStep(from, to);
  if (problems.length > 0 || to.encrypting >= from.encrypting) return problems;
  const newest = Math.max(...from.decrypting);
  return [
    {
      setting: `${rotation.block}.encrypting`,
      value: to.encrypting,
      rule: `is older than ${from.encrypting}, which encrypts now and without which snapshots of etcd could not be read`,
      fix: `begin a rotation with ${newest + 1}`,
    },
  ];
}
