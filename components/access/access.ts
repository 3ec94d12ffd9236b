import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isReservedIdentity } from "../pki/identities";
import {
  clusterRoleName,
  metricsRules,
  namespacedRoles,
  roleNames,
  roleRules,
  type PolicyRule,
  type RoleName,
} from "./cluster-roles";

/** Who has a role, and where. */
export interface RoleBindingSpec {
  readonly role: RoleName;
  /** For viewer, developer and operator. */
  readonly namespace?: string | undefined;
  readonly groups: readonly string[];
  readonly users: readonly string[];
}

/** Arguments of {@link Access}. */
export interface AccessArgs {
  readonly roleBindings: readonly RoleBindingSpec[];
  /** Whether metrics-server runs, and roles may see what it says. Default: false. */
  readonly metrics?: boolean | undefined;
}

const rbac = "rbac.authorization.k8s.io";

/** A name that tells two bindings apart and stays when others come and go. */
function bindingKey(spec: RoleBindingSpec): string {
  return spec.namespace === undefined ? spec.role : `${spec.namespace}-${spec.role}`;
}

/**
 * Groups that everybody, or nobody in particular, is in are a door without a lock (CIS 5.1.1); a component's name is not a
 * person's.
 */
function checkBinding(spec: RoleBindingSpec): void {
  const refused = [...spec.groups, ...spec.users].find(isReservedIdentity);
  if (refused !== undefined) {
    throw new Error(
      `access.roleBindings: ${spec.role} is bound to ${refused}; names that begin with system: or redoubt: belong to the cluster's own components. Fix: bind a group or user of yours`,
    );
  }
  if (namespacedRoles.includes(spec.role) !== (spec.namespace !== undefined)) {
    const wanted = namespacedRoles.includes(spec.role)
      ? "needs a namespace"
      : "is for the whole cluster and takes no namespace";
    throw new Error(`access.roleBindings: role ${spec.role} ${wanted}`);
  }
}

/** One binding per role and place: two entries of the configuration may name the same. */
function mergeBindings(specs: readonly RoleBindingSpec[]): RoleBindingSpec[] {
  const merged = new Map<string, RoleBindingSpec>();
  for (const spec of specs) {
    const { groups = [], users = [] } = merged.get(bindingKey(spec)) ?? {};
    merged.set(bindingKey(spec), {
      ...spec,
      groups: [...new Set([...groups, ...spec.groups])].sort(),
      users: [...new Set([...users, ...spec.users])].sort(),
    });
  }
  return [...merged.values()];
}

function subjectsOf(spec: RoleBindingSpec): kubernetes.types.input.rbac.v1.Subject[] {
  return [
    ...spec.groups.map((name) => ({ apiGroup: rbac, kind: "Group", name })),
    ...spec.users.map((name) => ({ apiGroup: rbac, kind: "User", name })),
  ];
}

/** Who may do what: the role set and its bindings. What the cluster's own components need is bound before (`bootstrap-rbac.ts`). */
export class Access extends pulumi.ComponentResource {
  public constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:Access", name, {}, opts);
    args.roleBindings.forEach(checkBinding);
    const child = { parent: this };
    const makeRole = (
      key: string,
      roleName: string,
      rules: readonly PolicyRule[],
    ): kubernetes.rbac.v1.ClusterRole =>
      new kubernetes.rbac.v1.ClusterRole(
        `${name}-${key}`,
        { metadata: { name: roleName }, rules: [...rules] },
        child,
      );

    // Roles of people.
    const roles = roleNames
      .filter((role): role is Exclude<RoleName, "cluster-admin"> => role !== "cluster-admin")
      .map((role) => {
        const seen = args.metrics === true ? metricsRules(role) : [];
        return makeRole(role, clusterRoleName(role), [...roleRules[role], ...seen]);
      });

    // Who has them.
    for (const spec of mergeBindings(args.roleBindings)) {
      const roleRef = { apiGroup: rbac, kind: "ClusterRole", name: clusterRoleName(spec.role) };
      const subjects = subjectsOf(spec);
      const key = `${name}-binding-${bindingKey(spec)}`;
      const opts = { parent: this, dependsOn: roles };
      if (spec.namespace === undefined) {
        const metadata = { name: `redoubt:binding:${spec.role}` };
        new kubernetes.rbac.v1.ClusterRoleBinding(key, { metadata, roleRef, subjects }, opts);
      } else {
        const metadata = { name: `redoubt:${spec.role}`, namespace: spec.namespace };
        new kubernetes.rbac.v1.RoleBinding(key, { metadata, roleRef, subjects }, opts);
      }
    }
    this.registerOutputs({});
  }
}
