import { stringify } from "yaml";
import type { EncryptionKey } from "../pki/encryption-keys";

/** How secrets are encrypted in etcd (kubernetes.io/docs/tasks/administer-cluster/encrypt-data; CIS 1.2.27, 1.2.28). */
export type EncryptionProvider = "secretbox" | "aescbc";

/** What is encrypted: secrets, and what Dex keeps, which opens sessions and signs tokens. */
const encryptedResources: readonly string[] = ["secrets", "*.dex.coreos.com"];

/** Where etcd holds that. */
export const encryptedFolders: readonly string[] = ["/registry/secrets/", "/registry/dex.coreos.com/"];

/**
 * The EncryptionConfiguration of the API server; it holds the keys, so it travels as a secret file.
 * The other provider follows the chosen one, and `identity` comes last: what was written before a change, or before encryption, stays
 * readable.
 *
 * @param keys The first encrypts what is written; each decrypts what it encrypted.
 */
export function renderEncryptionConfiguration(
  provider: EncryptionProvider,
  keys: readonly EncryptionKey[],
): string {
  const other: EncryptionProvider = provider === "secretbox" ? "aescbc" : "secretbox";
  const by = (name: EncryptionProvider): object => ({
    [name]: { keys: keys.map(({ name: key, secret }) => ({ name: key, secret })) },
  });
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: encryptedResources,
        providers: [by(provider), by(other), { identity: {} }],
      },
    ],
  });
}
