import { stringify } from "yaml";

/** How secrets are encrypted in etcd (kubernetes.io/docs/tasks/administer-cluster/encrypt-data; CIS 1.2.27, 1.2.28). */
export type EncryptionProvider = "secretbox" | "aescbc";

/** What is encrypted: secrets, and what Dex keeps, which opens sessions and signs tokens. */
const encryptedResources: readonly string[] = ["secrets", "*.dex.coreos.com"];

/**
 * The EncryptionConfiguration of the API server; it holds the key, so it travels as a secret file.
 * The other provider follows the chosen one, and `identity` comes last: what was written before a change, or before encryption, stays
 * readable.
 *
 * @param keyBase64 32 random bytes in base64.
 */
export function renderEncryptionConfiguration(provider: EncryptionProvider, keyBase64: string): string {
  const other: EncryptionProvider = provider === "secretbox" ? "aescbc" : "secretbox";
  const by = (name: EncryptionProvider): object => ({
    [name]: { keys: [{ name: "key1", secret: keyBase64 }] },
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
