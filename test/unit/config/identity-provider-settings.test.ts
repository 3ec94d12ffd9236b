import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunError } from "@pulumi/pulumi/errors";
import {
  identityProviderOptions,
  outsideIssuers,
} from "../../../components/config/identity-provider-options";
import { clusterLayout } from "../../../components/config/layout";
import { parseSettings } from "../../../components/config/settings";
import { dexPort } from "../../../components/plan/ports";
import { makeAuthority } from "../../support/certificates";
import { hash } from "../../support/identity-fixtures";

const { certificate } = makeAuthority("directory authority");
const ldap = {
  host: "192.0.2.7",
  certificateAuthority: certificate,
  bindDN: "cn=dex,dc=example,dc=org",
  userSearch: { baseDN: "ou=people,dc=example,dc=org" },
};
const users = { staticUsers: [{ name: "alice" }] };
const secrets = { passwordHashes: { alice: hash } };
const both = {
  identityProvider: { ...users, ldap },
  secrets: { ...secrets, ldapBindPassword: "secret" },
};
const bound = (binding: object): Record<string, unknown> => ({
  access: { roleBindings: [{ role: "cluster-reader", ...binding }] },
});
const issuer = {
  url: "https://login.example.org",
  audiences: ["kubernetes"],
  usernamePrefix: "corp:",
  groupsPrefix: "corp:",
};

function messageOf(raw: Readonly<Record<string, unknown>>): string {
  try {
    parseSettings(raw, "test");
  } catch (error) {
    assert.ok(error instanceof RunError);
    return error.message;
  }
  throw new Error("the settings were accepted");
}

const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ["an identity provider for nobody", { identityProvider: {} }, /identityProvider: lets nobody log in/],
  [
    "a user without password",
    { identityProvider: users },
    /staticUsers = "alice": has no password\. Fix: run npm run password -- --user alice/,
  ],
  ["a password of nobody", { secrets }, /passwordHashes\.alice = \[secret\]: is the password of nobody/],
  [
    "a password that is no bcrypt hash, without repeating it",
    { identityProvider: users, secrets: { passwordHashes: { alice: "hunter2" } } },
    /passwordHashes\.alice = \[secret\]: must be a bcrypt hash/,
  ],
  [
    "a hash that is cheap to guess",
    { identityProvider: users, secrets: { passwordHashes: { alice: hash.replace("$12$", "$04$") } } },
    /must be a bcrypt hash of cost 10 to 16/,
  ],
  [
    "a user twice",
    { identityProvider: { staticUsers: [{ name: "alice" }, { name: "alice" }] }, secrets },
    /staticUsers = "alice": is there twice/,
  ],
  [
    "a user whom Dex would not find: it knows lower case only",
    { identityProvider: { staticUsers: [{ name: "Alice" }] } },
    /staticUsers\[0\]\.name = "Alice": must be lower case/,
  ],
  [
    "a directory without bind password",
    { ...both, secrets },
    /ldap\.bindDN = "cn=dex,dc=example,dc=org": has no password/,
  ],
  [
    "a bind password without directory",
    { identityProvider: users, secrets: both.secrets },
    /secrets\.ldapBindPassword = \[secret\]: belongs to no identityProvider\.ldap/,
  ],
  [
    "a directory by name, without addresses",
    { ...both, identityProvider: { ldap: { ...ldap, host: "ldap.example.org" } } },
    /ldap\.addresses = \[\]: is empty, and host = ldap\.example\.org is a name/,
  ],
  [
    "a directory without a certificate to verify it by",
    { ...both, identityProvider: { ...users, ldap: { ...ldap, certificateAuthority: "none" } } },
    /ldap\.certificateAuthority = "none": holds no certificate in PEM/,
  ],
  [
    "a filter that is none",
    {
      ...both,
      identityProvider: { ...users, ldap: { ...ldap, userSearch: { ...ldap.userSearch, filter: "uid=x" } } },
    },
    /filter = "uid=x": must be an LDAP filter/,
  ],
  [
    "passwords of a connector that is not there",
    { identityProvider: { ...users, passwordConnector: "ldap" }, secrets },
    /passwordConnector = "ldap": is not configured/,
  ],
  [
    "a binding of a static user who is nobody",
    { identityProvider: users, secrets, ...bound({ users: ["oidc:mallory"] }) },
    /= "oidc:mallory": is nobody in identityProvider\.staticUsers/,
  ],
  [
    "a binding of a group of static users",
    { identityProvider: users, secrets, ...bound({ groups: ["oidc:admins"] }) },
    /= "oidc:admins": is a group of static users/,
  ],
  [
    "a binding of a directory's group that nobody looks for",
    { ...both, ...bound({ groups: ["ldap:admins"] }) },
    /= "ldap:admins": is a group of a directory, and identityProvider\.ldap\.groupSearch is not set/,
  ],
  [
    "prefixes by which a directory could name a static user",
    { ...both, identityProvider: { ...users, ldap: { ...ldap, usernamePrefix: "oidc:" } } },
    /ldap\.usernamePrefix = "oidc:": could name somebody of static users/,
  ],
  [
    "a prefix that begins another's",
    { ...both, authentication: { oidc: [{ ...issuer, usernamePrefix: "oidc:corp:" }] } },
    /oidc\[0\]\.usernamePrefix = "oidc:corp:": could name somebody of static users/,
  ],
  [
    "a prefix of Kubernetes' own",
    { authentication: { oidc: [{ ...issuer, groupsPrefix: "system:" }] } },
    /oidc\[0\]\.groupsPrefix = "system:": is a prefix of Kubernetes'/,
  ],
  [
    "an issuer without TLS",
    { authentication: { oidc: [{ ...issuer, url: "http://login.example.org" }] } },
    /must be an https URL/,
  ],
  [
    "an issuer of tokens for anybody",
    { authentication: { oidc: [{ ...issuer, audiences: [] }] } },
    /must name one audience at least/,
  ],
  [
    "an issuer twice",
    { authentication: { oidc: [issuer, issuer] } },
    /authentication\.oidc = "https:\/\/login\.example\.org": is there twice/,
  ],
  [
    "an issuer behind a damaged certificate",
    { authentication: { oidc: [{ ...issuer, certificateAuthority: "-----" }] } },
    /oidc\[0\]\.certificateAuthority = "-----": holds no certificate/,
  ],
];

describe("settings of the identity provider", () => {
  for (const [what, raw, message] of wrong) {
    it(`refuse ${what}`, () => {
      const text = messageOf(raw);
      assert.match(text, message);
      assert.doesNotMatch(text, /hunter2/);
    });
  }

  it("take static users and a directory, and bindings of both", () => {
    const withGroups = { ...ldap, groupSearch: { baseDN: "ou=groups,dc=example,dc=org" } };
    const settings = parseSettings(
      {
        ...both,
        identityProvider: { ...users, ldap: withGroups },
        ...bound({ users: ["oidc:alice", "ldap:bob", "carol"], groups: ["ldap:admins", "auditors"] }),
      },
      "test",
    );
    assert.equal(settings.identityProvider?.idTokenMinutes, 15);
  });

  it("do not take a certificate's user for one of Dex's", () => {
    assert.doesNotThrow(() => parseSettings(bound({ users: ["oidc:mallory"] }), "test"));
  });
});

describe("the identity provider as the settings want it", () => {
  const optionsOf = (raw: Record<string, unknown>): ReturnType<typeof identityProviderOptions> => {
    const settings = parseSettings(raw, "test");
    return identityProviderOptions(settings, clusterLayout(settings));
  };

  it("is none unless it is configured", () => {
    assert.equal(optionsOf({}), undefined);
  });

  it("is found where people find the API, on the port of the table", () => {
    const options = optionsOf({ ...both, apiServer: { endpoint: "api.example.org" } });
    assert.equal(options?.issuer, `https://api.example.org:${dexPort}/dex`);
  });

  it("takes passwords of static users on the terminal when there are any, else of the directory", () => {
    assert.equal(optionsOf(both)?.passwordConnector, "local");
    const ldapOnly = { identityProvider: { ldap }, secrets: { ldapBindPassword: "secret" } };
    assert.equal(optionsOf(ldapOnly)?.passwordConnector, "ldap");
    const chosen = { ...both.identityProvider, passwordConnector: "ldap" };
    assert.equal(optionsOf({ ...both, identityProvider: chosen })?.passwordConnector, "ldap");
  });

  it("reaches a directory at its customary port and its own address", () => {
    assert.equal(optionsOf(both)?.ldap?.port, 636);
    assert.deepEqual(optionsOf(both)?.ldap?.addresses, ["192.0.2.7"]);
    const startTls = { ...users, ldap: { ...ldap, security: "startTLS" } };
    assert.equal(optionsOf({ ...both, identityProvider: startTls })?.ldap?.port, 389);
  });
});

describe("issuers outside the stack", () => {
  it("are named by claim and prefix", () => {
    const [trusted] = outsideIssuers(parseSettings({ authentication: { oidc: [issuer] } }, "test"));
    assert.deepEqual(trusted, {
      url: "https://login.example.org",
      audiences: ["kubernetes"],
      certificateAuthority: undefined,
      username: { claim: "sub", prefix: "corp:" },
      groups: { claim: "groups", prefix: "corp:" },
      requiredClaims: {},
    });
  });
});
