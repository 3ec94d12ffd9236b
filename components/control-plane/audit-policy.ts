import { stringify } from "yaml";

/** What an audit rule records (audit.k8s.io/v1 Level). */
type AuditLevel = "None" | "Metadata" | "Request" | "RequestResponse";

interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group: string; readonly resources?: readonly string[] }[];
  readonly nonResourceURLs?: readonly string[];
}

const watchTraffic = ["get", "list", "watch"];

/**
 * Rules from the most to the least specific; the first that matches decides
 * (kubernetes.io/docs/tasks/debug/debug-cluster/audit, CIS 3.2.1, 3.2.2):
 * bodies of secrets, tokens and configuration are never written, changes of who-may-what are written whole,
 * reads of components are noise, everything else leaves its metadata.
 */
const auditRules: readonly AuditRule[] = [
  { level: "None", nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version"] },
  // Before every exception: who reads a secret is written down, whoever it is.
  {
    level: "Metadata",
    resources: [
      { group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] },
      { group: "authentication.k8s.io", resources: ["tokenreviews"] },
    ],
  },
  {
    level: "None",
    users: ["system:kube-scheduler", "system:kube-proxy", "system:apiserver", "redoubt:kube-router"],
    verbs: watchTraffic,
  },
  {
    level: "None",
    users: ["system:kube-controller-manager", "system:kube-scheduler"],
    resources: [{ group: "coordination.k8s.io", resources: ["leases"] }],
  },
  {
    level: "None",
    userGroups: ["system:nodes"],
    resources: [{ group: "coordination.k8s.io", resources: ["leases"] }],
  },
  { level: "None", userGroups: ["system:nodes"], verbs: watchTraffic },
  { level: "None", resources: [{ group: "", resources: ["events"] }] },
  {
    level: "RequestResponse",
    verbs: ["create", "update", "patch", "delete", "deletecollection"],
    resources: [
      { group: "rbac.authorization.k8s.io" },
      { group: "networking.k8s.io", resources: ["networkpolicies"] },
      { group: "certificates.k8s.io" },
      { group: "admissionregistration.k8s.io" },
    ],
  },
  {
    level: "Request",
    verbs: ["create"],
    resources: [
      {
        group: "",
        resources: ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"],
      },
    ],
  },
  { level: "Metadata" },
];

/** The audit policy file of the API server (audit.k8s.io/v1 Policy). */
export function renderAuditPolicy(): string {
  return stringify(
    {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: auditRules,
    },
    { aliasDuplicateObjects: false },
  );
}
