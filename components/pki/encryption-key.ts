import { createPrivateKey, hkdfSync } from "node:crypto";

/**
 * The key that encrypts Secrets in etcd: 32 bytes in base64 (AES-256 or secretbox). It is derived from a P-256 key that
 * serves nothing else, because a stack's own source of randomness that survives in its state is @pulumi/tls; HKDF-SHA256
 * (RFC 5869) makes the uniform bytes of it. The same key always gives the same bytes, whatever its encoding in PEM.
 *
 * @param privateKeyPem PEM of a private key on P-256.
 * @throws Error when it is no elliptic curve key.
 */
export function deriveEncryptionKey(privateKeyPem: string): string {
  const key = createPrivateKey(privateKeyPem);
  const { d: scalar } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ec" || scalar === undefined) {
    throw new Error("the encryption key must be derived from an elliptic curve key");
  }
  const input = Buffer.from(scalar, "base64url");
  return Buffer.from(hkdfSync("sha256", input, "", "redoubt encryption at rest", 32)).toString("base64");
}
