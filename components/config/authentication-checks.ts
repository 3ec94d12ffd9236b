import { staticTokenRisk } from "./authentication-settings";
import { certificateProblems } from "./certificate-checks";
import type { Problem } from "./problem";
import { checkRotationStep, rotationProblems, type Rotation } from "./rotation";
import { repeated } from "./repeated";
import { isReservedName } from "./reserved-names";
import type { Settings } from "./schema";

function staticUserProblems({ authentication, access }: Settings): Problem[] {
  const setting = "authentication.staticTokens.users";
  const { users } = authentication.staticTokens;
  const people = new Set(access.users.map(({ name }) => name));
  const names = users.map(({ name }) => name);
  const of = (values: readonly string[], rule: string, fix: string): Problem[] =>
    values.map((value) => ({ setting, value, rule, fix }));
  return [
    ...of(repeated(names), "is there twice", "give each user one entry"),
    ...of(
      repeated(users.map(({ name, uid }) => uid ?? name)),
      "is the UID of two users",
      "give each its own uid",
    ),
    ...of(
      names.filter((name) => people.has(name)),
      "is a user of access.users too, and the audit log could not tell the two logins apart",
      "give the token a user name of its own",
    ),
    ...of(
      users.flatMap(({ name, groups }) => [name, ...groups]).filter(isReservedName),
      "is a name of the cluster's own components, which no token in a file may bear",
      "use a user or group of yours",
    ),
  ];
}

/** Users and tokens belong together; the tokens themselves are in no message. */
function staticTokenProblems({ authentication, secrets }: Settings): Problem[] {
  const { users, acknowledgeRisk } = authentication.staticTokens;
  const problems: Problem[] = [];
  if (users.length > 0 && acknowledgeRisk === undefined) {
    problems.push({
      setting: "authentication.staticTokens.acknowledgeRisk",
      value: undefined,
      rule: "is missing, and there are users with static tokens (CIS 1.2.2)",
      fix: `prefer certificates, OIDC or service accounts; or set it to: ${staticTokenRisk}`,
    });
  }
  const names = new Set(users.map(({ name }) => name));
  for (const name of names) {
    if (Object.hasOwn(secrets.staticTokens, name)) continue;
    problems.push({
      setting: `secrets.staticTokens.${name}`,
      value: undefined,
      rule: "is missing, and authentication.staticTokens.users names the user",
      fix: `openssl rand -hex 32 | pulumi config set --secret --path 'redoubt:secrets.staticTokens["${name}"]'`,
    });
  }
  const owners = new Map<string, string>();
  for (const [name, token] of Object.entries(secrets.staticTokens)) {
    const setting = `secrets.staticTokens.${name}`;
    if (!names.has(name)) {
      const rule = "belongs to no user of authentication.staticTokens.users";
      problems.push({ setting, value: undefined, rule, fix: "remove it, or add the user" });
    }
    const other = owners.get(token);
    if (other !== undefined) {
      const rule = `is the token of ${other} too: the API server would take the one for the other`;
      problems.push({ setting, value: undefined, rule, fix: "make a token for each" });
    }
    owners.set(token, name);
  }
  return problems;
}

const keyRotation: Rotation<"signingKey", "acceptedKeys"> = {
  block: "authentication.serviceAccounts",
  current: "signingKey",
  accepted: "acceptedKeys",
  does: "it signs",
  unaccepted: "every new token would be refused",
  tooEarly: "would sign before every API server accepts it",
  tooLate: (dropped) => `drops ${dropped}, which signs now: every workload would be logged out`,
  thenDrop: "change signingKey first, wait maxTokenExpirationHours, then drop",
};

function serviceAccountProblems({ authentication }: Settings): Problem[] {
  const { serviceAccounts } = authentication;
  const problems = rotationProblems(keyRotation, serviceAccounts);
  const { issuer, acceptedIssuers, discoveryGroups } = serviceAccounts;
  const base = keyRotation.block;
  for (const value of repeated([issuer, ...acceptedIssuers])) {
    const rule = value === issuer ? "is the issuer itself" : "is there twice";
    problems.push({ setting: `${base}.acceptedIssuers`, value, rule, fix: "name each former issuer once" });
  }
  for (const value of discoveryGroups.filter((group) => /^(system:|redoubt:)/.test(group))) {
    const rule = "is a name of Kubernetes' own, to which nothing is bound";
    problems.push({ setting: `${base}.discoveryGroups`, value, rule, fix: "name groups of yours" });
  }
  return problems;
}

function webhookProblems({ authentication: { webhook } }: Settings): Problem[] {
  if (webhook === undefined) return [];
  return certificateProblems("authentication.webhook.certificateAuthority", webhook.certificateAuthority);
}

/** Generations of the service account key, as they are used. */
export interface KeysInUse {
  readonly signingKey: number;
  readonly acceptedKeys: readonly number[];
}

/**
 * Whether a running cluster may go from one set of keys to another: a key signs only where it is accepted already, and one that signs
 * is not dropped in the same step. Else tokens of minutes ago, or of one API server among several, would be refused.
 */
export function checkKeyStep(from: KeysInUse, to: KeysInUse): Problem[] {
  return checkRotationStep(keyRotation, from, to);
}

/** Who issues tokens of service accounts, and whose else are taken. */
export interface IssuersInUse {
  readonly issuer: string;
  readonly acceptedIssuers: readonly string[];
}

/** Whether a running cluster may go from one issuer to others: tokens that pods hold name the one that issued them. */
export function checkIssuerStep(from: string, { issuer, acceptedIssuers }: IssuersInUse): Problem[] {
  if ([issuer, ...acceptedIssuers].includes(from)) return [];
  const rule = `is not ${from}, which issued the tokens that are in use: every workload would be logged out`;
  const fix = `add ${from} to authentication.serviceAccounts.acceptedIssuers until the last of its tokens has expired`;
  return [{ setting: "authentication.serviceAccounts.issuer", value: issuer, rule, fix }];
}

/** Relations within `authentication`, and to the secrets and people that it names. */
export function authenticationProblems(settings: Settings): Problem[] {
  return [
    ...staticUserProblems(settings),
    ...staticTokenProblems(settings),
    ...serviceAccountProblems(settings),
    ...webhookProblems(settings),
  ];
}
