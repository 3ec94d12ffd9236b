import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { denyingPolicy, type AdmissionRule } from "./denying-policy";

/** Arguments of {@link ServiceAccountGuard}. */
export interface ServiceAccountGuardArgs {
  /** Namespaces of the stack; those of every cluster are added. */
  readonly namespaces: readonly string[];
  /** Groups that may read the issuer's discovery documents. */
  readonly discoveryGroups: readonly string[];
}

/** Namespaces that every cluster has. */
const systemNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

const rbac = "rbac.authorization.k8s.io";
const policyName = "redoubt-no-legacy-tokens";

/** Refuses Secrets that a controller would fill with a token that never expires. */
const legacyTokenPolicy: AdmissionRule = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["secrets"] },
    ],
  },
  validations: [
    {
      expression: "!has(object.type) || object.type != 'kubernetes.io/service-account-token'",
      message:
        "tokens of service accounts that never expire are refused; use a projected token or kubectl create token",
    },
  ],
};

/**
 * Keeps tokens of service accounts short-lived and where they are wanted: no pod gets one without asking (CIS 5.1.5, 5.1.6), and
 * nobody makes one that never expires.
 */
export class ServiceAccountGuard extends pulumi.ComponentResource {
  public constructor(name: string, args: ServiceAccountGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:access:ServiceAccountGuard", name, {}, opts);
    const child = { parent: this };

    // The account of pods that name none: it exists already or will; server-side apply takes it as it is.
    for (const namespace of new Set([...systemNamespaces, ...args.namespaces])) {
      new kubernetes.core.v1.ServiceAccount(
        `${name}-${namespace}-default`,
        { metadata: { name: "default", namespace }, automountServiceAccountToken: false },
        child,
      );
    }

    // No legacy tokens.
    denyingPolicy(`${name}-no-legacy-tokens`, policyName, legacyTokenPolicy, child);

    // Who may read the issuer's discovery documents, beside service accounts.
    if (args.discoveryGroups.length > 0) {
      new kubernetes.rbac.v1.ClusterRoleBinding(
        `${name}-discovery`,
        {
          metadata: { name: "redoubt:service-account-issuer-discovery" },
          roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:service-account-issuer-discovery" },
          subjects: args.discoveryGroups.map((group) => ({ apiGroup: rbac, kind: "Group", name: group })),
        },
        child,
      );
    }
    this.registerOutputs({});
  }
}
