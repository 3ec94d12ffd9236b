import { z } from "zod";

const distinguishedName = z
  .string()
  .regex(/^[A-Za-z][\w-]*=.+/, "must be a distinguished name, as dc=example,dc=org");
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9;-]*$/, "must be the name of an LDAP attribute");
const filter = z.string().regex(/^\(.+\)$/s, "must be an LDAP filter in parentheses (RFC 4515)");
const prefix = z.string().min(1).max(40).regex(/^\S+$/, "must not hold white space");

const staticUser = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9._@-]{0,62}[a-z0-9])?$/, "must be lower case letters, digits and . _ @ -")
    .describe("What the person logs in with, and who they are in Kubernetes, behind the prefix."),
});

const userSearch = z.strictObject({
  baseDN: distinguishedName.describe("Where people are."),
  filter: filter.default("(objectClass=person)").describe("What is a person."),
  username: attribute
    .default("uid")
    .describe("Attribute that is compared with the name that somebody logs in with."),
  idAttr: attribute.default("uid").describe("Attribute that tells two people apart for ever."),
  nameAttr: attribute
    .default("uid")
    .describe(
      "Attribute that becomes the Kubernetes user name. Never one that people may change themselves.",
    ),
});

const groupSearch = z.strictObject({
  baseDN: distinguishedName.describe("Where groups are."),
  filter: filter.default("(objectClass=groupOfNames)").describe("What is a group."),
  userAttr: attribute
    .default("DN")
    .describe("Attribute of a person that groups list; `DN` is the whole name."),
  groupAttr: attribute.default("member").describe("Attribute of a group that lists its people."),
  nameAttr: attribute.default("cn").describe("Attribute that becomes the Kubernetes group name."),
});

const ldap = z.strictObject({
  host: z
    .string()
    .regex(/^[a-z0-9.-]+$/, "must be a DNS name or an IPv4 address, without port")
    .describe("The server, by the name that its certificate bears."),
  addresses: z
    .array(z.ipv4("must be an IPv4 address"))
    .default([])
    .describe(
      "IPv4 addresses of the server: the only ones that Dex may reach. Default: `host`, when that is an address. Dex asks no DNS.",
    ),
  security: z
    .enum(["ldaps", "startTLS"])
    .default("ldaps")
    .describe("How TLS begins: at once, or by StartTLS. Without TLS there is no LDAP."),
  port: z
    .number()
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe("Port. Default: 636 for ldaps, 389 for startTLS."),
  certificateAuthority: z.string().describe("PEM of the authority that signed the server's certificate."),
  bindDN: distinguishedName.describe(
    "Account that searches; its password is `secrets.ldapBindPassword`. Let it read and do nothing else.",
  ),
  userSearch: userSearch.describe("How people are found."),
  groupSearch: groupSearch.optional().describe("How their groups are found. Default: they have none."),
  usernamePrefix: prefix.default("ldap:").describe("Stands before the names of people of this directory."),
  groupsPrefix: prefix.default("ldap:").describe("Stands before the names of their groups."),
});

/** The block `identityProvider`. */
export const identityProviderSchema = z.strictObject({
  staticUsers: z
    .array(staticUser)
    .default([])
    .describe(
      "People with a password of their own (`npm run password`). Dex gives them no groups: bind them by name.",
    ),
  usernamePrefix: prefix.default("oidc:").describe("Stands before the names of static users."),
  ldap: ldap.optional().describe("A directory whose people may log in."),
  passwordConnector: z
    .enum(["local", "ldap"])
    .optional()
    .describe(
      "Whose passwords `npm run login` takes on the terminal; others log in with `--device`. Default: `local` when there are static users, else `ldap`.",
    ),
  idTokenMinutes: z
    .number()
    .int()
    .min(5)
    .max(1440)
    .default(15)
    .describe("Lifetime of an id token: how long Kubernetes takes somebody for who they were."),
  sessionIdleHours: z
    .number()
    .int()
    .min(1)
    .max(720)
    .default(24)
    .describe("Hours without use after which a login ends."),
  sessionHours: z
    .number()
    .int()
    .min(1)
    .max(8760)
    .default(168)
    .describe("Hours after which a login ends, used or not."),
});

/** A bcrypt hash of a cost that Dex takes: 10 to 16. */
export const bcryptHash = z
  .string()
  .regex(
    /^\$2[aby]\$1[0-6]\$[./A-Za-z0-9]{53}$/,
    "must be a bcrypt hash of cost 10 to 16, as npm run password makes it",
  );

/** Settings of {@link identityProviderSchema}. */
export type IdentityProvider = z.infer<typeof identityProviderSchema>;
