import { resourceRule, Undecided, type Finding, type ResourceRule } from "./rule";
import { fields, list, texts, type Fields } from "./structured-files";
import { findingsOfEach } from "./undecided";

const documents: Readonly<Record<string, string>> = {
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
  "aws:iam/groupPolicy:GroupPolicy": "policy",
};
const role = "aws:iam/role:Role";
const attachments = [
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
];

/** A text or a list of texts, as IAM writes both. */
function oneOrMany(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : texts(value);
}

/** Actions that only look; many of them know no narrower resource than `*`. */
const looks = /^[a-z0-9-]+:(Describe|List|Get)[A-Za-z]*\*?$/;

/** Actions that look like that, and hand out secrets, data or credentials. */
const handsOut = [
  "secretsmanager:GetSecretValue",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  "s3:GetObject",
  "s3:GetObjectVersion",
  "dynamodb:GetItem",
  "ec2:GetPasswordData",
  "sts:GetFederationToken",
  "sts:GetSessionToken",
];

/** Whether an action, which may hold `*` and `?`, is that one, too. */
function covers(action: string, one: string): boolean {
  const pattern = action
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "i").test(one);
}

const onlyLooks = (action: string): boolean =>
  looks.test(action) && !handsOut.some((one) => covers(action, one));

/** Whether a resource is everything, or everything of a kind, as `arn:aws:iam::*:role/*` and `arn:aws:s3:::*`. */
function isEverything(resource: string): boolean {
  const [, , , , account, ...name] = resource.split(":");
  // The wildcard stands for the parts that are missing.
  if (name.length === 0) return resource.endsWith("*");
  if (account === "*") return /^(?:[^/:]+[/:])?\*$/.test(name.join(":"));
  return account === "" && /^\*(?:\/\*)?$/.test(name.join(":"));
}

/** What a statement allows on everything, though it should name resources. */
function judgeEverywhere(statement: Fields, where: string): Finding[] {
  const on = statement["NotResource"] === undefined ? "everything" : "everything but NotResource";
  const changing = oneOrMany(statement["Action"]).filter((action) => !onlyLooks(action));
  const kinds = changing.filter((action) => action.includes("*"));
  // A condition narrows an action that is known, not one that is invented tomorrow.
  if (kinds.length > 0) return [{ where, what: `${kinds.join(", ")} may be done to ${on}` }];
  const bounded = Object.keys(fields(statement["Condition"])).length > 0;
  return changing.length > 0 && !bounded
    ? [{ where, what: `${changing.join(", ")} may be done to ${on} without a condition` }]
    : [];
}

function judgeStatement(statement: Fields, index: number): Finding[] {
  if (statement["Effect"] !== "Allow") return [];
  const where = `Statement[${index}]`;
  if (statement["NotAction"] !== undefined) return [{ where, what: "NotAction allows everything else" }];
  const wide = oneOrMany(statement["Action"]).filter((action) => /^(?:[^:]+:)?[*?]+$/.test(action));
  if (wide.length > 0) return [{ where, what: `Action is ${wide.join(", ")}` }];
  const everywhere =
    statement["NotResource"] !== undefined || oneOrMany(statement["Resource"]).some(isEverything);
  return everywhere ? judgeEverywhere(statement, where) : [];
}

function readDocument(document: unknown): Fields {
  if (typeof document !== "string") return fields(document);
  try {
    return fields(JSON.parse(document) as unknown);
  } catch {
    throw new Undecided("the policy document is no JSON");
  }
}

function judgeDocument(document: unknown): Finding[] {
  const statements = readDocument(document)["Statement"];
  const all = Array.isArray(statements) ? list(statements) : [statements];
  return all.flatMap((statement, index) => judgeStatement(fields(statement), index));
}

/** AWS' own policies that are an administrator's. */
function judgeAttached(arns: readonly string[]): Finding[] {
  return arns
    .filter((arn) => /:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/.test(arn))
    .map((arn) => ({ what: `it attaches ${arn}` }));
}

function judgeInline(item: unknown): Finding[] {
  const { name, policy } = fields(item);
  // A block without a policy says that the role has none.
  if (policy === undefined) return [];
  return judgeDocument(policy).map((finding) => ({
    ...finding,
    where: `inlinePolicies ${String(name)}: ${finding.where ?? ""}`,
  }));
}

/** A role may bring its policies itself. */
function judgeRole(props: Fields): Finding[] {
  return findingsOfEach(
    [
      () => judgeAttached(texts(props["managedPolicyArns"])),
      () => findingsOfEach(list(props["inlinePolicies"]), judgeInline),
    ],
    (part) => part(),
  );
}

const wildcardPolicy = resourceRule(
  [...Object.keys(documents), ...attachments, role],
  {
    id: "aws-wildcard-iam",
    rule: "roles of instances and people name actions and resources",
    why: "who takes over one node owns the account",
    source: "CIS AWS Foundations 3.0, 1.16; AWS: Security best practices in IAM, least privilege",
    fix: "list the actions that are used, with ARNs or a condition; attach no AdministratorAccess",
  },
  ({ type, props }): readonly Finding[] => {
    if (type === role) return judgeRole(props);
    const property = documents[type];
    return property === undefined
      ? judgeAttached([String(props["policyArn"])])
      : judgeDocument(props[property]);
  },
);

/** Rights in the account. */
export const awsIamRules: readonly ResourceRule[] = [wildcardPolicy];
