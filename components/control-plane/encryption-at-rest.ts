import { readFileSync } from "node:fs";
import path from "node:path";
import { encryptionKeyName, type EncryptionKeyOptions } from "../pki/encryption-generations";
import type { FileSpec, PlanFragment } from "../plan/plan";
import { encryptedFolders, type EncryptionProvider } from "./encryption";

/** What is stored encrypted, and how. */
export interface EncryptionAtRestOptions {
  readonly encryptionProvider: EncryptionProvider;
  readonly encryptionKeys: EncryptionKeyOptions;
}

const program: FileSpec = {
  path: "/usr/local/libexec/redoubt/encrypt-anew",
  content: readFileSync(path.join(__dirname, "encrypt-anew.sh"), "utf8"),
  mode: "0755",
};

/**
 * What is secret in etcd, encrypted with the provider and the key of the configuration, whatever it was written with before: a former key
 * can leave only when nothing needs it. It is looked at in etcd itself, so drift shows what somebody stored in plain.
 */
export function encryptionAtRest({
  encryptionProvider,
  encryptionKeys,
}: EncryptionAtRestOptions): PlanFragment {
  const key = encryptionKeyName(encryptionKeys.encrypting);
  const words = [encryptionProvider, key, ...encryptedFolders];
  return {
    files: [program],
    closingSteps: [
      {
        description: `what is secret in etcd is encrypted by ${encryptionProvider} with ${key}`,
        unless: [program.path, "look", ...words],
        command: [program.path, "write", ...words],
      },
    ],
  };
}
