import { paths } from "../plan/paths";
import { ownFile, type ApiServerPart } from "./api-server-part";

/** What tokens of service accounts say, and how long they are good. */
export interface ServiceAccountTokenOptions {
  /** `iss` of new tokens. */
  readonly issuer: string;
  /** Former issuers whose tokens are still good. */
  readonly acceptedIssuers: readonly string[];
  /** Where verifiers outside find the keys. Default: at the issuer. */
  readonly jwksUri?: string | undefined;
  /** Longest lifetime of a token, in hours. */
  readonly maxTokenExpirationHours: number;
}

/**
 * Tokens of service accounts: bound to their pod, for an audience, short-lived
 * (kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin). The file of public keys may hold several: that is what a
 * rotation of the signing key lives on. Ids are of CIS Kubernetes 1.12.
 */
export function serviceAccountTokens(options: ServiceAccountTokenOptions): ApiServerPart {
  return {
    flags: {
      // The first signs, all are accepted.
      "service-account-issuer": { repeat: [options.issuer, ...options.acceptedIssuers] },
      "service-account-jwks-uri": options.jwksUri,
      "service-account-key-file": `${paths.pki}/sa.pub`, // 1.2.22
      "service-account-signing-key-file": ownFile("sa.key"),
      "service-account-lookup": true, // 1.2.21
      "service-account-extend-token-expiration": false, // 1.2.30
      "service-account-max-token-expiration": `${options.maxTokenExpirationHours}h`,
    },
    files: [],
  };
}
