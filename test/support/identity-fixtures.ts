import type {
  IdentityProviderOptions,
  IdentityProviderSecrets,
  LdapOptions,
} from "../../components/access/dex";

/** A bcrypt hash of nothing that anybody uses. */
export const hash = `$2b$12$${"a".repeat(53)}`;

/** A directory that is reached by name. */
export const ldapOptions: LdapOptions = {
  host: "ldap.example.org",
  addresses: ["192.0.2.7", "192.0.2.8"],
  port: 636,
  security: "ldaps",
  certificateAuthority: "-----BEGIN CERTIFICATE-----\nZGlyZWN0b3J5\n-----END CERTIFICATE-----\n",
  bindDN: "cn=dex,dc=example,dc=org",
  userSearch: {
    baseDN: "ou=people,dc=example,dc=org",
    filter: "(objectClass=person)",
    username: "uid",
    idAttr: "uid",
    nameAttr: "uid",
  },
  groupSearch: {
    baseDN: "ou=groups,dc=example,dc=org",
    filter: "(objectClass=groupOfNames)",
    userAttr: "DN",
    groupAttr: "member",
    nameAttr: "cn",
  },
  usernamePrefix: "ldap:",
  groupsPrefix: "ldap:",
};

/** An identity provider with static users and a directory. */
export const identityProvider: IdentityProviderOptions = {
  issuer: "https://10.77.5.10:5556/dex",
  staticUsers: [{ name: "alice" }, { name: "bob" }],
  usernamePrefix: "oidc:",
  ldap: ldapOptions,
  passwordConnector: "local",
  idTokenMinutes: 15,
  sessionIdleHours: 24,
  sessionHours: 168,
};

export const identityProviderSecrets: IdentityProviderSecrets = {
  passwordHashes: { alice: hash, bob: hash },
  ldapBindPassword: "bind-password-of-the-directory",
};
