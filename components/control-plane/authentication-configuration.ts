import { stringify } from "yaml";
import { kubeletClientUser } from "../pki/identities";

/** How a name comes from a token: a claim behind a prefix, or an expression of the Common Expression Language. */
export type ClaimMapping =
  { readonly claim: string; readonly prefix: string } | { readonly expression: string };

/** An OpenID Connect issuer whose id tokens the API server takes (apiserver.config.k8s.io, JWTAuthenticator). */
export interface TrustedIssuer {
  /** As in the claim `iss`. */
  readonly url: string;
  /** One of them must be in the claim `aud`. */
  readonly audiences: readonly string[];
  /** PEM. Undefined: the authorities that the host trusts. */
  readonly certificateAuthority?: string | undefined;
  readonly username: ClaimMapping;
  /** Undefined: nobody of this issuer is in a group. */
  readonly groups?: ClaimMapping | undefined;
  /** Claims that must have just these values. */
  readonly requiredClaims?: Readonly<Record<string, string>>;
  /** Expressions on `claims` that must hold. */
  readonly validations?: readonly { readonly expression: string; readonly message: string }[];
}

/** An issuer must never name a component of the cluster, whatever its tokens say. */
const userValidationRules = [
  ...["system:", "redoubt:"].flatMap((prefix) => [
    {
      expression: `!user.username.startsWith('${prefix}')`,
      message: `user names that begin with ${prefix} are the cluster's own`,
    },
    {
      expression: `user.groups.all(group, !group.startsWith('${prefix}'))`,
      message: `groups that begin with ${prefix} are the cluster's own`,
    },
  ]),
  {
    expression: `user.username != '${kubeletClientUser}'`,
    message: `${kubeletClientUser} is the API server itself, to kubelets`,
  },
];

function jwtAuthenticator(issuer: TrustedIssuer): object {
  const { url, audiences, certificateAuthority, requiredClaims = {}, validations = [] } = issuer;
  const claimValidationRules = [
    ...Object.entries(requiredClaims).map(([claim, requiredValue]) => ({ claim, requiredValue })),
    ...validations,
  ];
  return {
    issuer: {
      url,
      audiences,
      audienceMatchPolicy: "MatchAny",
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    },
    ...(claimValidationRules.length === 0 ? {} : { claimValidationRules }),
    claimMappings: {
      username: issuer.username,
      ...(issuer.groups === undefined ? {} : { groups: issuer.groups }),
    },
    userValidationRules,
  };
}

/**
 * The AuthenticationConfiguration of the API server (kubernetes.io/docs/reference/access-authn-authz/authentication,
 * "Authentication configuration from a file"). Not `--oidc-*` flags: they know one issuer, no rule about names, and need a restart;
 * this file may name several, and the API server takes a change up by itself and keeps the old one when the new one is wrong.
 * Anonymous requests stay ruled by `--anonymous-auth` (CIS 1.2.1), so the file says nothing of them.
 */
export function renderAuthenticationConfiguration(issuers: readonly TrustedIssuer[]): string {
  return stringify(
    {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthenticationConfiguration",
      jwt: issuers.map(jwtAuthenticator),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}
