import { unknown } from "../judge";
import { replace, type Edit } from "../scripts";
import { furtherInputs, furtherScripts, inputCases, type CaseTable, type RuleCases } from "./cases";

const rbac = "kubernetes:rbac.authorization.k8s.io/v1";
const metadata = { name: "team" };

const narrow = { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] };
const wide = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
const audit = "\nfile /etc/kubernetes/kube-apiserver/audit-policy.yaml ";
/** A manifest that a host's plan writes. */
const manifest = (name: string, content: string): Edit =>
  replace(audit, `\nfile /etc/kubernetes/manifests/${name} root root 600 <<'END'\n${content}END\n${audit}`);
const role = (rule: object): { metadata: object; rules: object[] } => ({ metadata, rules: [narrow, rule] });

function binding(good: string, nearGood: string, nearBad: string, bad: string): RuleCases {
  const roleRef = { kind: "ClusterRole", name: "view" };
  const to = (...names: readonly string[]): Record<string, unknown> => ({
    metadata,
    roleRef,
    subjects: names.map((name) => ({ kind: "Group", name })),
  });
  return inputCases(`${rbac}:ClusterRoleBinding`, {
    good: to(good),
    nearGood: to(nearGood),
    nearBad: to(good, nearBad),
    bad: to(bad),
    unknown: { metadata, roleRef, subjects: unknown },
  });
}

const person = { commonName: "alice", organization: "developers" };

/** Rules on roles, bindings, and who is in which group. */
export const authorizationTable: CaseTable = {
  "authorization-wildcard-role": {
    alsoGood: [
      ...furtherInputs(`${rbac}:ClusterRoleList`, {
        "a list of roles that name what they allow": { items: [role(narrow)] },
      }),
      ...furtherInputs(`${rbac}:ClusterRole`, {
        "a URL by its name": role({ nonResourceURLs: ["/metrics", "/livez"], verbs: ["get"] }),
      }),
    ],
    alsoBad: [
      ...furtherInputs(`${rbac}:ClusterRole`, {
        "every URL": role({ nonResourceURLs: ["/metrics", "/*"], verbs: ["get"] }),
        "every URL below one": role({ nonResourceURLs: ["/debug/*"], verbs: ["get"] }),
      }),
      ...furtherInputs(`${rbac}:ClusterRolePatch`, { "a patch that adds a wildcard": role(wide) }),
      ...furtherInputs(`${rbac}:ClusterRoleList`, {
        "a list with a wildcard in it": { items: [role(narrow), role(wide)] },
      }),
      ...furtherScripts("controlPlane", {
        "a list in a file of a host": manifest(
          "roles.yaml",
          `kind: List\nitems:\n  - kind: ClusterRole\n    metadata: { name: a }\n    rules: [{ verbs: ["*"] }]\n`,
        ),
        "a file of JSON": manifest(
          "roles.json",
          `{\n\t"kind": "ClusterRole",\n\t"metadata": { "name": "a" },\n\t"rules": [{ "verbs": ["*"] }]\n}\n`,
        ),
      }),
    ],
    ...inputCases(`${rbac}:ClusterRole`, {
      good: role(narrow),
      nearGood: role({ ...narrow, resources: ["deployments/scale"], resourceNames: ["*"] }),
      nearBad: role({ ...narrow, resources: ["*/scale"] }),
      bad: role(wide),
      unknown: { metadata, rules: unknown },
    }),
  },
  "authorization-escalation": inputCases(`${rbac}:Role`, {
    good: role(narrow),
    nearGood: role({ ...narrow, resources: ["rolebindings"] }),
    nearBad: role({ ...narrow, verbs: ["get", "bind"] }),
    bad: role({ ...narrow, verbs: ["impersonate"] }),
    unknown: { metadata, rules: [{ ...narrow, verbs: unknown }] },
  }),
  "authorization-masters-binding": binding("team", "system:monitoring", "system:masters", "system:masters"),
  "authorization-authenticated-binding": binding(
    "team",
    "system:serviceaccounts:app",
    "system:serviceaccounts",
    "system:authenticated",
  ),
  "authorization-anonymous-binding": binding(
    "team",
    "system:unauthenticated-team",
    "system:anonymous",
    "system:unauthenticated",
  ),
  "authorization-masters-certificate": inputCases("tls:index/certRequest:CertRequest", {
    good: { subject: person },
    nearGood: { subject: { commonName: "redoubt:super-admin", organization: "system:masters" } },
    nearBad: { subject: { commonName: "redoubt:super-admin-2", organization: "system:masters" } },
    bad: { subject: { ...person, organization: "system:masters" } },
    unknown: { subject: unknown },
  }),
};
