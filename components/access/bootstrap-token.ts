/** The group that bootstrap tokens of the stack give; the prefix is Kubernetes' condition. */
export const nodeBootstrappersGroup = "system:bootstrappers:redoubt:nodes";

/** The binding of {@link nodeBootstrappersGroup}; it is there when bootstrap tokens are let in. */
export const nodeBootstrapBinding = "redoubt:node-bootstrapper";

/** A bootstrap token: what stands before the dot may be known, what stands behind it may not. */
export interface BootstrapToken {
  /** Six letters or digits. */
  readonly id: string;
  /** Sixteen letters or digits; secret. */
  readonly secret: string;
  /** When it ends. */
  readonly expiration: Date;
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A new token.
 *
 * @param randomInt Uniform number below its argument, as `randomInt` of node:crypto.
 */
export function newBootstrapToken(
  hours: number,
  now: Date,
  randomInt: (bound: number) => number,
): BootstrapToken {
  const text = (length: number): string =>
    Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join("");
  return { id: text(6), secret: text(16), expiration: new Date(now.getTime() + hours * 3_600_000) };
}

/** The Secret that makes the API server know a token (kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens). */
export function bootstrapTokenSecret({ id, secret, expiration }: BootstrapToken): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": id,
      "token-secret": secret,
      // RFC 3339, without the fraction that some parsers stumble over.
      expiration: expiration.toISOString().replace(/\.\d+Z$/, "Z"),
      "usage-bootstrap-authentication": "true",
      "auth-extra-groups": nodeBootstrappersGroup,
    },
  };
}
