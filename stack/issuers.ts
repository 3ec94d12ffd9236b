import type { IdentityProviderOptions } from "../components/access/dex";
import { identityProviderIssuer } from "../components/access/trusted-issuer";
import { identityProviderOptions, outsideIssuers } from "../components/config/identity-provider-options";
import type { ClusterLayout } from "../components/config/layout";
import type { Settings } from "../components/config/schema";
import {
  renderAuthenticationConfiguration,
  type TrustedIssuer,
} from "../components/control-plane/authentication-configuration";

/** Who vouches for people, beside the cluster's own authorities. */
export interface Issuers {
  /** The stack's own; undefined when there is none. */
  readonly identityProvider: IdentityProviderOptions | undefined;
  /** Those outside the stack. */
  readonly outside: readonly TrustedIssuer[];
  /** The API server's AuthenticationConfiguration, around the PEM of the cluster's authority; undefined when nobody is trusted. */
  readonly authenticationConfiguration: ((authority: string) => string) | undefined;
}

/** Everybody whose tokens the API server takes, worked out from the settings. */
export function trustedIssuers(settings: Settings, layout: ClusterLayout): Issuers {
  const identityProvider = identityProviderOptions(settings, layout);
  const outside = outsideIssuers(settings);
  const issuers = (authority: string): TrustedIssuer[] => [
    ...(identityProvider === undefined ? [] : [identityProviderIssuer(identityProvider, authority)]),
    ...outside,
  ];
  const somebody = identityProvider !== undefined || outside.length > 0;
  return {
    identityProvider,
    outside,
    authenticationConfiguration: somebody
      ? (authority) => renderAuthenticationConfiguration(issuers(authority))
      : undefined,
  };
}
