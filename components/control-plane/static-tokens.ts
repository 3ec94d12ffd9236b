import type { SecretFileSpec } from "../plan/plan";
import { readers } from "../pki/readers";
import { ownFile, type ApiServerPart } from "./api-server-part";

/** A user who logs in with a token of the file. */
export interface StaticTokenUser {
  readonly name: string;
  /** Default: the name. */
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
}

const tokenFile = ownFile("tokens.csv");

/** A field of a comma-separated file (RFC 4180), quoted where it must be. */
function field(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * The token file: `token,user,uid,"group1,group2"` (kubernetes.io/docs/reference/access-authn-authz/authentication, static token
 * file). Sorted by name, so that a change of the order changes nothing.
 *
 * @param tokens By user name.
 * @throws Error when a user has no token.
 */
export function renderTokenFile(
  users: readonly StaticTokenUser[],
  tokens: Readonly<Record<string, string>>,
): string {
  return [...users]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, uid = name, groups }) => {
      const token = tokens[name];
      if (token === undefined) throw new Error(`user ${name} of authentication.staticTokens has no token`);
      const row = [token, name, uid, ...(groups.length === 0 ? [] : [groups.join(",")])];
      return `${row.map(field).join(",")}\n`;
    })
    .join("");
}

/** The token file as it comes to a control plane; none without users. It is read at start only, so a change restarts the API server. */
export function staticTokenFiles(
  users: readonly StaticTokenUser[],
  tokens: Readonly<Record<string, string>>,
): SecretFileSpec[] {
  if (users.length === 0) return [];
  const { user: owner, group } = readers.kubeApiserver;
  return [
    {
      path: tokenFile,
      owner,
      group,
      mode: "0600",
      content: renderTokenFile(users, tokens),
      restart: ["kube-apiserver.service"],
    },
  ];
}

/** Static tokens, which CIS 1.2.2 advises against: on only when somebody has one, and no file is left behind when nobody has. */
export function staticTokens(users: readonly StaticTokenUser[]): ApiServerPart {
  if (users.length === 0) return { flags: {}, files: [], absent: [tokenFile] };
  return { flags: { "token-auth-file": tokenFile }, files: [] };
}
