import type { TrustedIssuer } from "../control-plane/authentication-configuration";
import { connectorIds, loginClientId, type IdentityProviderOptions } from "./dex";

/** A text of the Common Expression Language (github.com/google/cel-spec, langdef). */
const celString = (text: string): string => JSON.stringify(text);

/**
 * The identity provider as the API server takes it. Names of a directory and of static users come from one issuer, so the prefix follows
 * the connector that vouched: a person of the directory who is called as a static user is somebody else.
 *
 * @param certificateAuthority PEM of the authority that signed Dex's certificate.
 */
export function identityProviderIssuer(
  options: IdentityProviderOptions,
  certificateAuthority: string,
): TrustedIssuer {
  const { ldap, staticUsers, issuer: url, usernamePrefix } = options;
  const connector = "claims.federated_claims.connector_id";
  const connectors = [
    ...(staticUsers.length === 0 ? [] : [connectorIds.staticUsers]),
    ...(ldap === undefined ? [] : [connectorIds.ldap]),
  ];
  const isLdap = `${connector} == ${celString(connectorIds.ldap)}`;
  const username = `${celString(usernamePrefix)} + claims.name`;
  return {
    url,
    audiences: [loginClientId],
    certificateAuthority,
    username: {
      expression:
        ldap === undefined
          ? username
          : `${isLdap} ? ${celString(ldap.usernamePrefix)} + claims.name : ${username}`,
    },
    ...(ldap?.groupSearch === undefined
      ? {}
      : {
          groups: {
            // A person in no group has no such claim.
            expression: `${isLdap} && has(claims.groups) ? dyn(claims.groups).map(group, ${celString(ldap.groupsPrefix)} + group) : []`,
          },
        }),
    validations: [
      {
        expression: `${connector} in ${JSON.stringify(connectors)}`,
        message: "the token is of a connector that is not configured",
      },
    ],
  };
}
