import { z } from "zod";
import { certificateProblems } from "./certificate-checks";
import type { IdentityProvider } from "./identity-provider-settings";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

function isAddress(host: string): boolean {
  return z.ipv4().safeParse(host).success;
}

function secretProblems(provider: IdentityProvider | undefined, secrets: Settings["secrets"]): Problem[] {
  const names = (provider?.staticUsers ?? []).map(({ name }) => name);
  const hashes = Object.keys(secrets.passwordHashes);
  const hasBindPassword = secrets.ldapBindPassword !== undefined;
  const wantsBindPassword = provider?.ldap !== undefined;
  return [
    ...names
      .filter((name) => !hashes.includes(name))
      .map((name) => ({
        setting: "identityProvider.staticUsers",
        value: name,
        rule: "has no password",
        fix: `run npm run password -- --user ${name}`,
      })),
    ...hashes
      .filter((name) => !names.includes(name))
      .map((name) => ({
        setting: `secrets.passwordHashes.${name}`,
        value: name,
        rule: "is the password of nobody in identityProvider.staticUsers",
        fix: "add the user, or remove the password",
      })),
    ...(wantsBindPassword && !hasBindPassword
      ? [
          {
            setting: "identityProvider.ldap.bindDN",
            value: provider.ldap?.bindDN,
            rule: "has no password",
            fix: "set it with pulumi config set --secret --path redoubt:secrets.ldapBindPassword",
          },
        ]
      : []),
    ...(hasBindPassword && !wantsBindPassword
      ? [
          {
            setting: "secrets.ldapBindPassword",
            value: "",
            rule: "belongs to no identityProvider.ldap",
            fix: "add the block, or remove the password",
          },
        ]
      : []),
  ];
}

function ldapProblems({
  host,
  addresses,
  certificateAuthority,
}: NonNullable<IdentityProvider["ldap"]>): Problem[] {
  const problems = certificateProblems("identityProvider.ldap.certificateAuthority", certificateAuthority);
  if (!isAddress(host) && addresses.length === 0) {
    problems.push({
      setting: "identityProvider.ldap.addresses",
      value: addresses,
      rule: `is empty, and host = ${host} is a name: the firewall opens Dex's way by address`,
      fix: "list the server's addresses",
    });
  }
  return problems;
}

function connectorProblems(provider: IdentityProvider): Problem[] {
  const { staticUsers, ldap: directory, passwordConnector } = provider;
  if (staticUsers.length === 0 && directory === undefined) {
    return [
      {
        setting: "identityProvider",
        value: undefined,
        rule: "lets nobody log in",
        fix: "add staticUsers or ldap, or leave the block out",
      },
    ];
  }
  const missing = { local: staticUsers.length === 0, ldap: directory === undefined };
  if (passwordConnector === undefined || !missing[passwordConnector]) return [];
  const fix = passwordConnector === "ldap" ? "add identityProvider.ldap" : "add identityProvider.staticUsers";
  return [
    {
      setting: "identityProvider.passwordConnector",
      value: passwordConnector,
      rule: "is not configured",
      fix: `${fix}, or name the other`,
    },
  ];
}

/** Subjects that bear a prefix of the identity provider, and can be nobody: known before anything is applied. */
function subjectProblems(provider: IdentityProvider | undefined, settings: Settings): Problem[] {
  if (provider === undefined) return [];
  const { usernamePrefix, staticUsers, ldap: directory } = provider;
  const known = new Set(staticUsers.map(({ name }) => `${usernamePrefix}${name}`));
  const others = settings.authentication.oidc.flatMap((issuer) => [
    issuer.usernamePrefix,
    issuer.groupsPrefix,
  ]);
  const isStatic = (subject: string): boolean =>
    subject.startsWith(usernamePrefix) && !others.some((other) => subject.startsWith(other));
  return settings.access.roleBindings.flatMap(({ role, users, groups }): Problem[] => [
    ...users
      .filter((user) => isStatic(user) && !known.has(user))
      .map((value) => ({
        setting: `access.roleBindings (${role})`,
        value,
        rule: "is nobody in identityProvider.staticUsers",
        fix: "add the user, or correct the name",
      })),
    ...groups.filter(isStatic).map((value) => ({
      setting: `access.roleBindings (${role})`,
      value,
      rule: "is a group of static users, and Dex gives them none",
      fix: "bind them by name, under users",
    })),
    ...groups
      .filter(
        (group) =>
          directory?.groupSearch === undefined && group.startsWith(directory?.groupsPrefix ?? "ldap:"),
      )
      .filter((group) => !others.some((other) => group.startsWith(other)))
      .map((value) => ({
        setting: `access.roleBindings (${role})`,
        value,
        rule: "is a group of a directory, and identityProvider.ldap.groupSearch is not set",
        fix: "say how groups are found, or bind another group",
      })),
  ]);
}

/** Relations of the block `identityProvider` with itself, its secrets and the bindings of roles. */
export function identityProviderProblems(settings: Settings): Problem[] {
  const provider = settings.identityProvider;
  const names = (provider?.staticUsers ?? []).map(({ name }) => name);
  const twice = repeated(names);
  return [
    ...(provider === undefined ? [] : connectorProblems(provider)),
    ...twice.map((value) => ({
      setting: "identityProvider.staticUsers",
      value,
      rule: "is there twice",
      fix: "give each their own name",
    })),
    ...(provider?.ldap === undefined ? [] : ldapProblems(provider.ldap)),
    ...secretProblems(provider, settings.secrets),
    ...subjectProblems(provider, settings),
  ];
}
