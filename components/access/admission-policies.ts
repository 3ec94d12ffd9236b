import * as pulumi from "@pulumi/pulumi";
import { allowedRegistries } from "./allowed-registries";
import { denyingPolicy, type AdmissionRule } from "./denying-policy";

/** Who may change nodes may decide about all of them: administrators of the cluster, and nodes about themselves. */
const byAdministrators = "authorizer.group('').resource('nodes').check('update').allowed()";

const controlPlaneTaint = "node-role.kubernetes.io/control-plane";

/**
 * Where a pod runs, and before whom, is decided for the whole cluster. The taint of control planes is an advice that any pod may decline,
 * and the priority classes of the system are anybody's (kubernetes.io/docs, Pod Priority and Preemption, "Warning"). Namespaces that
 * allow privileged pods are let be: whoever works there has the nodes anyhow, and agents of every node run there.
 */
const podPlacement: AdmissionRule = {
  failurePolicy: "Fail",
  matchConstraints: {
    namespaceSelector: {
      matchExpressions: [
        { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system"] },
        { key: "pod-security.kubernetes.io/enforce", operator: "NotIn", values: ["privileged"] },
      ],
    },
    resourceRules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods"] },
    ],
  },
  matchConditions: [
    { name: "not-by-administrators", expression: `!${byAdministrators}` },
    {
      name: "new-or-another-place",
      expression:
        "request.operation == 'CREATE' || object.spec.?tolerations.orValue([]) != oldObject.spec.?tolerations.orValue([])",
    },
  ],
  validations: [
    {
      expression: "!object.spec.?priorityClassName.orValue('').startsWith('system-')",
      message:
        "priority classes of the system are for the system: its pods would go first, and others for them",
    },
    {
      expression: "request.operation == 'UPDATE' || object.spec.?nodeName.orValue('') == ''",
      message: "nodeName passes the scheduler by; use nodeSelector or affinity",
    },
    {
      expression: `object.spec.?tolerations.orValue([]).all(t, !(t.?key.orValue('') in ['', '${controlPlaneTaint}']) || !(t.?effect.orValue('') in ['', 'NoSchedule']))`,
      message: "control planes are not for applications: no toleration of their taint",
    },
  ],
};

/** Longer together than this, namespace, name and port are more than nft takes as a comment (128 bytes, kubernetes#139515). */
const serviceNameLength = 120;

/**
 * kube-proxy writes all Services in one transaction, and the name of each into it: one that nft refuses stops all of them, on every node.
 * And `default/kubernetes` is the way of every pod to the API, which nothing puts back.
 */
const serviceNames: AdmissionRule = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["services"] },
    ],
  },
  validations: [
    {
      expression: `object.spec.?ports.orValue([]).all(p, size(request.namespace) + size(object.metadata.name) + size(p.?name.orValue('')) <= ${serviceNameLength})`,
      message: `the names of namespace, Service and port must have ${serviceNameLength} characters or fewer together: service proxies could program nothing any more`,
    },
    {
      expression: `request.namespace != 'default' || object.metadata.name != 'kubernetes' || ${byAdministrators}`,
      message: "default/kubernetes is the way to the API servers, and theirs alone",
    },
  ],
};

/** A list of kube-router's holds 65536 entries (ipset(8), maxelem), and exceptions count. */
const mostPeers = 500;
const mostExceptions = 100;

function blocksAreSound(direction: "ingress" | "egress", side: "from" | "to"): string {
  const sound = `isCIDR(p.ipBlock.cidr) && p.ipBlock.?except.orValue([]).all(e, isCIDR(e)) && size(p.ipBlock.?except.orValue([])) <= ${mostExceptions}`;
  return `object.spec.?${direction}.orValue([]).all(r, size(r.?${side}.orValue([])) <= ${mostPeers} && r.?${side}.orValue([]).all(p, !has(p.ipBlock) || (${sound})))`;
}

/**
 * The policy engine loads all policies of the cluster at once, so that one network that it can't read stops every one of them. The API
 * server takes such as `09.0.0.0/8` and `::ffff:10.0.0.0/104` (kubernetes.io/docs, feature gate StrictIPCIDRValidation, off up to 1.35).
 */
const policyNetworks: AdmissionRule = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [
      {
        apiGroups: ["networking.k8s.io"],
        apiVersions: ["v1"],
        operations: ["CREATE", "UPDATE"],
        resources: ["networkpolicies"],
      },
    ],
  },
  validations: (
    [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const
  ).map(([direction, side]) => ({
    expression: blocksAreSound(direction, side),
    message: `${direction}: an ipBlock must be a network as 10.0.0.0/8, in a rule of ${mostPeers} peers at most, with ${mostExceptions} exceptions at most`,
  })),
};

const policies: Readonly<Record<string, AdmissionRule>> = {
  "pod-placement": podPlacement,
  "service-names": serviceNames,
  "policy-networks": policyNetworks,
};

/** Arguments of {@link AdmissionPolicies}. */
export interface AdmissionPoliciesArgs {
  /** Registries that images of pods may come from. Default: all. */
  readonly allowedRegistries?: readonly string[] | undefined;
}

/**
 * What nobody with rights in one namespace may do to the others: of the objects that they make, those that reach the whole cluster. And
 * where images come from, when somebody says.
 */
export class AdmissionPolicies extends pulumi.ComponentResource {
  public constructor(
    name: string,
    { allowedRegistries: hosts = [] }: AdmissionPoliciesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("redoubt:access:AdmissionPolicies", name, {}, opts);
    const chosen = hosts.length === 0 ? {} : { "allowed-registries": allowedRegistries(hosts) };
    for (const [subject, spec] of Object.entries({ ...policies, ...chosen })) {
      denyingPolicy(`${name}-${subject}`, `redoubt-${subject}`, spec, { parent: this });
    }
    this.registerOutputs({});
  }
}
