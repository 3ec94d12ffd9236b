import { createHash, createPublicKey } from "node:crypto";

/** A public key that verifies tokens of service accounts (RFC 7517, RFC 7518 6.2.1). */
export interface TokenVerificationKey {
  readonly use: "sig";
  readonly kty: "EC";
  readonly alg: "ES256";
  readonly crv: "P-256";
  /** As Kubernetes names it in a token's header: SHA-256 of the key's DER. */
  readonly kid: string;
  readonly x: string;
  readonly y: string;
}

/** A JSON Web Key Set (RFC 7517, 5). */
export interface JsonWebKeySet {
  readonly keys: readonly TokenVerificationKey[];
}

function verificationKey(pem: string): TokenVerificationKey {
  const key = createPublicKey(pem);
  const { crv, x, y } = key.export({ format: "jwk" });
  if (crv !== "P-256" || x === undefined || y === undefined) {
    throw new Error("a key of service account tokens must be on P-256");
  }
  const der = key.export({ format: "der", type: "spki" });
  const kid = createHash("sha256").update(der).digest("base64url");
  return { use: "sig", kty: "EC", kid, alg: "ES256", crv, x, y };
}

/**
 * What verifiers outside need: the same document as the API server's `/openid/v1/jwks`, which nobody without a name can read.
 *
 * @param publicKeys PEM, on P-256.
 */
export function jsonWebKeySet(publicKeys: readonly string[]): JsonWebKeySet {
  return { keys: publicKeys.map(verificationKey) };
}
