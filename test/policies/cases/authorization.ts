import { unknown } from "../judge";
import { inputCases, type CaseTable, type RuleCases } from "./cases";

const rbac = "kubernetes:rbac.authorization.k8s.io/v1";
const metadata = { name: "team" };

const narrow = { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] };
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
  "authorization-wildcard-role": inputCases(`${rbac}:ClusterRole`, {
    good: role(narrow),
    nearGood: role({ ...narrow, resources: ["deployments/scale"], resourceNames: ["*"] }),
    nearBad: role({ ...narrow, resources: ["*/scale"] }),
    bad: role({ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }),
    unknown: { metadata, rules: unknown },
  }),
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
