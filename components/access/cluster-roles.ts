/** One rule of a role (rbac.authorization.k8s.io/v1 PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

/** The roles that people get; `cluster-admin` is Kubernetes' own. */
export const roleNames = ["viewer", "developer", "operator", "cluster-reader", "cluster-admin"] as const;
export type RoleName = (typeof roleNames)[number];

/** Roles that are given in a namespace; the others in the whole cluster. */
export const namespacedRoles: readonly RoleName[] = ["viewer", "developer", "operator"];

const read = ["get", "list", "watch"];
const write = ["create", "update", "patch", "delete", "deletecollection"];

/** Objects of applications. Secrets are left out on purpose: who reads them has every account that they open. */
const workloads: readonly Omit<PolicyRule, "verbs">[] = [
  {
    apiGroups: [""],
    resources: ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "services"],
  },
  { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "replicasets", "statefulsets"] },
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"] },
  { apiGroups: ["batch"], resources: ["cronjobs", "jobs"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"] },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"] },
];

/**
 * What a reader of a namespace sees beside workloads. Endpoints are here and not above: who writes them leads a service's
 * traffic past network policies into other namespaces (CVE-2021-25740).
 */
const surroundings: readonly PolicyRule[] = [
  {
    apiGroups: [""],
    resources: [
      "endpoints",
      "events",
      "limitranges",
      "pods/log",
      "pods/status",
      "resourcequotas",
      "serviceaccounts",
    ],
    verbs: read,
  },
  { apiGroups: ["apps"], resources: ["deployments/scale", "statefulsets/scale"], verbs: ["get"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: read },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
];

const viewer: readonly PolicyRule[] = [
  ...workloads.map((rule) => ({ ...rule, verbs: read })),
  ...surroundings,
];

/**
 * Runs applications in a namespace; can't ask the API for secrets, change policies, quotas or who may do what. Whoever makes pods gives them
 * every Secret and service account of the namespace, and runs commands in them (kubernetes.io/docs, RBAC Good Practices, "Workload
 * creation"): what developers must not see belongs into another namespace.
 */
const developer: readonly PolicyRule[] = [
  ...viewer,
  ...workloads.map((rule) => ({ ...rule, verbs: write })),
  { apiGroups: [""], resources: ["pods/exec", "pods/attach", "pods/portforward"], verbs: ["get", "create"] },
  { apiGroups: ["apps"], resources: ["deployments/scale", "statefulsets/scale"], verbs: ["update", "patch"] },
];

/** Runs a namespace: also its secrets, service accounts and network policies; not who may do what. */
const operator: readonly PolicyRule[] = [
  ...developer,
  { apiGroups: [""], resources: ["secrets"], verbs: [...read, ...write] },
  { apiGroups: [""], resources: ["serviceaccounts"], verbs: write },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: write },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
];

/** Sees the whole cluster, but no secret. */
const clusterReader: readonly PolicyRule[] = [
  ...viewer,
  {
    apiGroups: [""],
    resources: ["componentstatuses", "namespaces", "nodes", "persistentvolumes"],
    verbs: read,
  },
  { apiGroups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"], verbs: read },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: read },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    verbs: read,
  },
  { apiGroups: ["scheduling.k8s.io"], resources: ["priorityclasses"], verbs: read },
  {
    apiGroups: ["storage.k8s.io"],
    resources: ["csidrivers", "csinodes", "storageclasses", "volumeattachments"],
    verbs: read,
  },
];

type OwnRole = Exclude<RoleName, "cluster-admin">;

/** Rules of the roles that the stack makes. No wildcard anywhere: what is not named is not allowed. */
export const roleRules: Readonly<Record<OwnRole, readonly PolicyRule[]>> = {
  viewer,
  developer,
  operator,
  "cluster-reader": clusterReader,
};

/** What the role may see besides where metrics-server runs: what those pods and nodes use that it sees anyhow. */
export function metricsRules(role: OwnRole): readonly PolicyRule[] {
  const resources = namespacedRoles.includes(role) ? ["pods"] : ["nodes", "pods"];
  return [{ apiGroups: ["metrics.k8s.io"], resources, verbs: ["get", "list"] }];
}

/** Name of a role's ClusterRole object. */
export function clusterRoleName(role: RoleName): string {
  return role === "cluster-admin" ? "cluster-admin" : `redoubt:${role}`;
}
