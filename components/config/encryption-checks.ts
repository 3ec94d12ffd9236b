import type { EncryptionKeyOptions } from "../pki/encryption-generations";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

const base = "apiServer.encryptionKeys";

/** Relations within `apiServer.encryptionKeys`. */
export function encryptionProblems({ apiServer }: Settings): Problem[] {
  const { encrypting, decrypting } = apiServer.encryptionKeys;
  const problems: Problem[] = [];
  if (!decrypting.includes(encrypting)) {
    problems.push({
      setting: `${base}.encrypting`,
      value: encrypting,
      rule: "is not among decrypting: what is written could not be read",
      fix: `add ${encrypting} to decrypting, and run up, before it encrypts`,
    });
  }
  for (const value of repeated(decrypting)) {
    problems.push({
      setting: `${base}.decrypting`,
      value,
      rule: "is there twice",
      fix: "name each once",
    });
  }
  return problems;
}

/**
 * One encrypts only where every API server can decrypt it already, and one that what is stored may still be encrypted with is not dropped
 * (kubernetes.io/docs/tasks/administer-cluster/encrypt-data, "Rotate a decryption key").
 */
export function checkEncryptingStep(from: EncryptionKeyOptions, to: EncryptionKeyOptions): Problem[] {
  const problems: Problem[] = [];
  if (!from.decrypting.includes(to.encrypting)) {
    problems.push({
      setting: `${base}.encrypting`,
      value: to.encrypting,
      rule: "would encrypt before every API server can decrypt it",
      fix: `add ${to.encrypting} to decrypting, keep encrypting at ${from.encrypting} and run up first`,
    });
  }
  if (!to.decrypting.includes(from.encrypting)) {
    problems.push({
      setting: `${base}.decrypting`,
      value: to.decrypting,
      rule: `drops ${from.encrypting}, with which secrets are encrypted now: nobody could read them`,
      fix: `change encrypting first and run up, which encrypts all anew, then drop ${from.encrypting}`,
    });
  }
  return problems;
}

/** Whether a running cluster may go from one set of keys to another. One that encrypted is not followed by an older one: it would be forgotten. */
export function checkEncryptionStep(from: EncryptionKeyOptions, to: EncryptionKeyOptions): Problem[] {
  const problems = checkEncryptingStep(from, to);
  if (problems.length > 0 || to.encrypting >= from.encrypting) return problems;
  const newest = Math.max(...from.decrypting);
  return [
    {
      setting: `${base}.encrypting`,
      value: to.encrypting,
      rule: `is older than ${from.encrypting}, which encrypts now and without which snapshots of etcd could not be read`,
      fix: `begin a rotation with ${newest + 1}`,
    },
  ];
}
