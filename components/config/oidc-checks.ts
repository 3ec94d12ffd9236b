import { certificateProblems } from "./certificate-checks";
import type { Problem } from "./problem";
import type { Settings } from "./schema";

/** A prefix of Kubernetes' own would let an issuer name the cluster's components. */
const reserved = /^(system|redoubt):?/;

interface Prefix {
  readonly setting: string;
  readonly value: string;
  /** Whose names stand behind it. */
  readonly owner: string;
}

function prefixesOf(settings: Settings): Prefix[] {
  const provider = settings.identityProvider;
  const directory = provider?.ldap;
  return [
    ...(provider === undefined || provider.staticUsers.length === 0
      ? []
      : [
          {
            setting: "identityProvider.usernamePrefix",
            value: provider.usernamePrefix,
            owner: "static users",
          },
        ]),
    ...(directory === undefined
      ? []
      : [
          {
            setting: "identityProvider.ldap.usernamePrefix",
            value: directory.usernamePrefix,
            owner: "the directory",
          },
          {
            setting: "identityProvider.ldap.groupsPrefix",
            value: directory.groupsPrefix,
            owner: "the directory",
          },
        ]),
    ...settings.authentication.oidc.flatMap(({ url, usernamePrefix, groupsPrefix }, index) => [
      { setting: `authentication.oidc[${index}].usernamePrefix`, value: usernamePrefix, owner: url },
      { setting: `authentication.oidc[${index}].groupsPrefix`, value: groupsPrefix, owner: url },
    ]),
  ];
}

/** Who could bear names of another: one prefix is the other's, or begins it. */
function prefixProblems(settings: Settings): Problem[] {
  const prefixes = prefixesOf(settings);
  return prefixes.flatMap(({ setting, value, owner }, index): Problem[] => {
    if (reserved.test(value)) {
      const rule = "is a prefix of Kubernetes' or the cluster's own names";
      return [{ setting, value, rule, fix: "use another, as oidc:" }];
    }
    const clash = prefixes
      .slice(0, index)
      .find(
        (other) => other.owner !== owner && (other.value.startsWith(value) || value.startsWith(other.value)),
      );
    if (clash === undefined) return [];
    const rule = `could name somebody of ${clash.owner}: ${clash.setting} = ${clash.value}`;
    return [{ setting, value, rule, fix: "give each source of names a prefix that begins no other" }];
  });
}

/** Relations of `authentication.oidc` with itself and with the identity provider. */
export function oidcProblems(settings: Settings): Problem[] {
  const issuers = settings.authentication.oidc;
  return [
    ...issuers
      .filter(({ url }, index) => issuers.findIndex((other) => other.url === url) !== index)
      .map(({ url }) => ({
        setting: "authentication.oidc",
        value: url,
        rule: "is there twice",
        fix: "join the two entries: an issuer may have several audiences",
      })),
    ...issuers.flatMap(({ certificateAuthority }, index) =>
      certificateAuthority === undefined
        ? []
        : certificateProblems(`authentication.oidc[${index}].certificateAuthority`, certificateAuthority),
    ),
    ...prefixProblems(settings),
  ];
}
