import { resourceRule, Undecided, type Finding, type ResourceRule } from "./rule";
import { fields, list, texts, type Fields } from "./structured-files";

const documents: Readonly<Record<string, string>> = {
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
  "aws:iam/groupPolicy:GroupPolicy": "policy",
};
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
const readsOnly = /^[a-z0-9-]+:(Describe|List|Get)[A-Za-z]*\*?$|^ecr:GetAuthorizationToken$/;

function judgeStatement(statement: Fields, index: number): Finding[] {
  if (statement["Effect"] !== "Allow") return [];
  const where = `Statement[${index}]`;
  const wide = oneOrMany(statement["Action"]).filter((action) => /^(\*|[^:]+:\*)$/.test(action));
  if (statement["NotAction"] !== undefined) return [{ where, what: "NotAction allows everything else" }];
  if (wide.length > 0) return [{ where, what: `Action is ${wide.join(", ")}` }];
  const everywhere = oneOrMany(statement["Resource"]).includes("*");
  const changing = oneOrMany(statement["Action"]).filter((action) => !readsOnly.test(action));
  const bounded = Object.keys(fields(statement["Condition"])).length > 0;
  return everywhere && changing.length > 0 && !bounded
    ? [{ where, what: `${changing.join(", ")} may be done to Resource * without a condition` }]
    : [];
}

function readDocument(document: unknown): Fields {
  if (typeof document !== "string") return fields(document);
  try {
    return fields(JSON.parse(document) as unknown);
  } catch {
    throw new Undecided("the policy document is no JSON");
  }
}

const wildcardPolicy = resourceRule(
  [...Object.keys(documents), ...attachments],
  {
    id: "aws-wildcard-iam",
    rule: "roles of instances and people name actions and resources",
    why: "who takes over one node owns the account",
    source: "CIS AWS Foundations 3.0, 1.16; AWS: Security best practices in IAM, least privilege",
    fix: "list the actions that are used, with ARNs or a condition; attach no AdministratorAccess",
  },
  ({ type, props }): readonly Finding[] => {
    const property = documents[type];
    if (property === undefined) {
      const arn = String(props["policyArn"]);
      return /:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/.test(arn)
        ? [{ what: `it attaches ${arn}` }]
        : [];
    }
    const statements = readDocument(props[property])["Statement"];
    const all = Array.isArray(statements) ? list(statements) : [statements];
    return all.flatMap((statement, index) => judgeStatement(fields(statement), index));
  },
);

/** Rights in the account. */
export const awsIamRules: readonly ResourceRule[] = [wildcardPolicy];
