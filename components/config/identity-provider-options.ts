import type { IdentityProviderOptions } from "../access/dex";
import type { TrustedIssuer } from "../control-plane/authentication-configuration";
import type { ClusterLayout } from "./layout";
import type { Settings } from "./schema";

/** Ports of LDAP (RFC 4516, and IANA's registry for `ldaps`). */
const ldapPorts = { ldaps: 636, startTLS: 389 } as const;

/** The identity provider as the settings want it; undefined when they want none. */
export function identityProviderOptions(
  settings: Settings,
  layout: ClusterLayout,
): IdentityProviderOptions | undefined {
  const provider = settings.identityProvider;
  if (provider === undefined) return undefined;
  const { ldap, staticUsers } = provider;
  return {
    ...provider,
    issuer: `https://${layout.endpoint}:5556/dex`,
    passwordConnector: provider.passwordConnector ?? (staticUsers.length > 0 ? "local" : "ldap"),
    ldap:
      ldap === undefined
        ? undefined
        : {
            ...ldap,
            port: ldap.port ?? ldapPorts[ldap.security],
            addresses: ldap.addresses.length > 0 ? ldap.addresses : [ldap.host],
          },
  };
}

/** Issuers outside the stack, as the API server takes them. */
export function outsideIssuers(settings: Settings): TrustedIssuer[] {
  return settings.authentication.oidc.map((issuer) => ({
    url: issuer.url,
    audiences: issuer.audiences,
    certificateAuthority: issuer.certificateAuthority,
    username: { claim: issuer.usernameClaim, prefix: issuer.usernamePrefix },
    groups: { claim: issuer.groupsClaim, prefix: issuer.groupsPrefix },
    requiredClaims: issuer.requiredClaims,
  }));
}
