import { objectRule } from "./kubernetes-objects";
import { programRule } from "./programs";
import { configuredRule, type Finding, type ResourceRule, type RuleInfo } from "./rule";
import { authorizationModes, fields, list, texts } from "./structured-files";

function modeRule(info: RuleInfo, judge: (modes: readonly string[]) => string | undefined): ResourceRule {
  return programRule(
    "kube-apiserver",
    { source: "kubernetes.io/docs/reference/access-authn-authz/authorization", ...info },
    (program, script) => {
      const { where, modes } = authorizationModes(program, script);
      const what = judge(modes);
      return what === undefined ? [] : [{ where, what }];
    },
  );
}

const asList = (modes: readonly string[]): string => modes.join(", ");

const modes: readonly ResourceRule[] = [
  modeRule(
    {
      id: "authorization-always-allow",
      cis: ["1.2.6"],
      rule: "AlwaysAllow is no mode of authorization",
      why: "everybody who has a name may do everything",
      fix: "set --authorization-mode=Node,RBAC",
    },
    (found) => (found.includes("AlwaysAllow") ? `it is ${asList(found)}` : undefined),
  ),
  modeRule(
    {
      id: "authorization-node",
      cis: ["1.2.7"],
      rule: "Node is a mode of authorization",
      why: "without it a kubelet reads the secrets of every node, or of none",
      fix: "add Node to the modes of authorization",
    },
    (found) => (found.includes("Node") ? undefined : `it is ${asList(found)} and lacks Node`),
  ),
  modeRule(
    {
      id: "authorization-rbac",
      cis: ["1.2.8"],
      rule: "RBAC is a mode of authorization",
      why: "roles and bindings have no effect without it",
      fix: "add RBAC to the modes of authorization",
    },
    (found) => (found.includes("RBAC") ? undefined : `it is ${asList(found)} and lacks RBAC`),
  ),
  modeRule(
    {
      id: "authorization-abac",
      rule: "ABAC is no mode of authorization",
      why: "its rights lie in a file of the control plane: no review in the cluster shows them, and a change wants a restart",
      fix: "write the rights as roles and bindings; where ABAC must be, waive this rule with an end",
      level: "advisory",
    },
    (found) => (found.includes("ABAC") ? `it is ${asList(found)}` : undefined),
  ),
];

const isWild = (item: string): boolean => item === "*" || item.startsWith("*/");

/** Fields of a role's rule, and what in each stands for more than it names: a URL ends with a * (kubernetes.io/docs, RBAC). */
const wildcards: Readonly<Record<string, (item: string) => boolean>> = {
  verbs: isWild,
  resources: isWild,
  apiGroups: isWild,
  nonResourceURLs: (item) => item.includes("*"),
};

const wildcardRole = objectRule(
  ["Role", "ClusterRole"],
  {
    id: "authorization-wildcard-role",
    cis: ["5.1.3"],
    rule: "roles name what they allow: no * in verbs, resources, API groups or URLs",
    why: "a wildcard allows what will be invented tomorrow, too",
    fix: "list verbs, resources and groups; bind Kubernetes' own cluster-admin where everything is meant",
  },
  ({ content }) =>
    list(content["rules"]).flatMap((rule, index): Finding[] => {
      const wide = Object.entries(wildcards)
        .filter(([name, isWide]) => texts(fields(rule)[name]).some(isWide))
        .map(([name]) => name);
      return wide.length === 0
        ? []
        : [{ where: `rules[${index}]`, what: `a * stands in ${wide.join(" and ")}` }];
    }),
);

const escalation = objectRule(
  ["Role", "ClusterRole"],
  {
    id: "authorization-escalation",
    cis: ["5.1.8"],
    rule: "roles do not allow bind, escalate or impersonate",
    why: "who may is an administrator, whatever else the role says",
    fix: "leave these verbs out; administrators have cluster-admin",
  },
  ({ content }) =>
    list(content["rules"]).flatMap((rule, index): Finding[] => {
      const verbs = texts(fields(rule)["verbs"]).filter((verb) =>
        ["bind", "escalate", "impersonate"].includes(verb),
      );
      return verbs.length === 0 ? [] : [{ where: `rules[${index}]`, what: `it allows ${verbs.join(", ")}` }];
    }),
);

/** A rule on who is bound. */
function subjectRule(info: RuleInfo, refused: readonly string[]): ResourceRule {
  return objectRule(
    ["RoleBinding", "ClusterRoleBinding"],
    { source: "kubernetes.io/docs/concepts/security/rbac-good-practices", ...info },
    ({ content }) =>
      list(content["subjects"])
        .map((subject) => String(fields(subject)["name"]))
        .filter((name) => refused.includes(name))
        .map((name) => ({ what: `${String(fields(content["roleRef"])["name"])} is bound to ${name}` })),
  );
}

const bindings: readonly ResourceRule[] = [
  subjectRule(
    {
      id: "authorization-masters-binding",
      cis: ["5.1.7"],
      rule: "nothing is bound to system:masters",
      why: "the group passes every authorizer anyway; its certificates can't be withdrawn, so it must have no use",
      fix: "bind an ordinary group",
    },
    ["system:masters"],
  ),
  subjectRule(
    {
      id: "authorization-authenticated-binding",
      cis: ["5.1.1"],
      rule: "nothing is bound to system:authenticated",
      why: "every service account of every pod is in it",
      fix: "bind the group that needs it",
    },
    ["system:authenticated", "system:serviceaccounts"],
  ),
  subjectRule(
    {
      id: "authorization-anonymous-binding",
      cis: ["5.1.1"],
      rule: "nothing is bound to anonymous users",
      why: "whoever reaches the API server has that role",
      fix: "bind the group that needs it",
    },
    ["system:unauthenticated", "system:anonymous"],
  ),
];

const mastersCertificate = configuredRule(
  ["tls:index/certRequest:CertRequest", "tls:index/selfSignedCert:SelfSignedCert"],
  {
    id: "authorization-masters-certificate",
    cis: ["5.1.7"],
    rule: "no certificate is made in system:masters but the one that makes the first bindings",
    why: "it passes every authorizer until it ends, and nothing withdraws it",
    source: "kubernetes.io/docs/concepts/security/rbac-good-practices",
    fix: "put the person in an ordinary group that is bound to cluster-admin",
  },
  {
    allowedCommonNames: {
      description: "Common names that may be in system:masters: root's on a control plane.",
      default: ["redoubt:super-admin"],
    },
  },
  ({ props }, { allowedCommonNames }) => {
    const subject = fields(props["subject"]);
    const name = String(subject["commonName"]);
    if (subject["organization"] !== "system:masters" || allowedCommonNames.includes(name)) return [];
    return [{ what: `${name} is in system:masters` }];
  },
);

/** Who may do what. */
export const authorizationRules: readonly ResourceRule[] = [
  ...modes,
  wildcardRole,
  escalation,
  ...bindings,
  mastersCertificate,
];
