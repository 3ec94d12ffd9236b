import { z } from "zod";
import { objectName } from "./cluster-objects";
import type { Finding } from "./finding";
import { kubernetesObjectSchema, type KubernetesObject } from "./stack-state";

const bindingSchema = kubernetesObjectSchema.extend({
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string() })).optional(),
});
type Binding = z.infer<typeof bindingSchema>;

const roleSchema = kubernetesObjectSchema.extend({
  rules: z
    .array(
      z.looseObject({ verbs: z.array(z.string()).optional(), resources: z.array(z.string()).optional() }),
    )
    .nullish(),
});

const policySchema = kubernetesObjectSchema.extend({
  spec: z.looseObject({
    podSelector: z.looseObject({}).nullish(),
    policyTypes: z.array(z.string()).optional(),
    ingress: z.array(z.unknown()).nullish(),
    egress: z.array(z.unknown()).nullish(),
  }),
});

const nodeSchema = kubernetesObjectSchema.extend({
  status: z.looseObject({ addresses: z.array(z.looseObject({ address: z.string() })).optional() }).optional(),
});

/** Everybody, or nobody in particular (kubernetes.io/docs/concepts/security/rbac-good-practices). */
const openSubjects = new Set(["system:anonymous", "system:unauthenticated", "system:authenticated"]);

/** Bindings that every cluster has and that would else look like one of those (default roles and role bindings). */
const defaultBindings: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["system:masters"],
  "system:basic-user": ["system:authenticated"],
  "system:discovery": ["system:authenticated"],
  "system:public-info-viewer": ["system:authenticated", "system:unauthenticated"],
};

function isDefault({ metadata, roleRef, subjects = [] }: Binding): boolean {
  const allowed = metadata.namespace === undefined ? defaultBindings[metadata.name] : undefined;
  return (
    allowed !== undefined &&
    roleRef.name === metadata.name &&
    subjects.every(({ name }) => allowed.includes(name))
  );
}

/** Names of the roles that allow everything on everything. */
function wildcardRoles(roles: readonly KubernetesObject[]): Set<string> {
  const parsed = roles.flatMap((role) => roleSchema.safeParse(role).data ?? []);
  const wild = parsed.filter(({ rules }) =>
    (rules ?? []).some(
      ({ verbs, resources }) => verbs?.includes("*") === true && resources?.includes("*") === true,
    ),
  );
  return new Set(wild.map(objectName));
}

function describe({ roleRef, subjects = [] }: Binding): string {
  return `gives ${roleRef.name} to ${subjects.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`;
}

/** `clusterrolebinding NAME`, or with `--namespace`: what kubectl is told. */
function kubectlWords({ kind, metadata }: KubernetesObject): string {
  const place = metadata.namespace === undefined ? "" : ` --namespace ${metadata.namespace}`;
  return `kubectl${place} delete ${kind.toLowerCase()} '${metadata.name}'`;
}

function unexpected(object: KubernetesObject, found: string): Finding {
  return {
    subject: objectName(object),
    wanted: "not there: the program does not know it",
    found,
    diff: [],
    repair: { by: "hand", advice: `declare it, or: ${kubectlWords(object)}` },
  };
}

/** What is looked through for objects that nobody declared. */
export interface ClusterInventory {
  readonly bindings: readonly KubernetesObject[];
  readonly roles: readonly KubernetesObject[];
  readonly networkPolicies: readonly KubernetesObject[];
  readonly namespaces: readonly KubernetesObject[];
}

/** Directions that a policy denies to every pod of its namespace, but for what others allow. */
function deniedDirections(policy: KubernetesObject): string[] {
  const spec = policySchema.safeParse(policy).data?.spec;
  if (spec === undefined || Object.keys(spec.podSelector ?? {}).length > 0) return [];
  const rules = { Ingress: spec.ingress ?? [], Egress: spec.egress ?? [] };
  return (["Ingress", "Egress"] as const).filter(
    (direction) => spec.policyTypes?.includes(direction) === true && rules[direction].length === 0,
  );
}

/**
 * Namespaces that somebody made, in which pods may talk to everybody: where no policy selects a pod everything is allowed
 * (kubernetes.io/docs, Network Policies, "Default policies").
 */
function openNamespaces({ namespaces, networkPolicies }: ClusterInventory): Finding[] {
  return namespaces.flatMap(({ metadata: { name } }) => {
    const own = networkPolicies.filter(({ metadata }) => metadata.namespace === name);
    const denied = new Set(own.flatMap(deniedDirections));
    const open = ["Ingress", "Egress"].filter((direction) => !denied.has(direction));
    if (open.length === 0) return [];
    return [
      {
        subject: `Namespace ${name}`,
        wanted: "under default deny",
        found: `its pods are not denied ${open.join(" and ")}`,
        diff: [],
        repair: { by: "hand", advice: `add it to namespaces, or: kubectl delete namespace '${name}'` },
      },
    ];
  });
}

/**
 * Nodes of hosts that are not the stack's: one that left while it was off and came back, or one that somebody let join. Its kubelet
 * gets the secrets of every pod that is put there.
 *
 * @param hosts Names of the stack's hosts; of one whose `up` failed the address, by which the state knows it.
 */
export function unexpectedNodes(nodes: readonly KubernetesObject[], hosts: ReadonlySet<string>): Finding[] {
  const isKnown = (node: KubernetesObject): boolean => {
    const addresses = nodeSchema.safeParse(node).data?.status?.addresses ?? [];
    return [node.metadata.name, ...addresses.map(({ address }) => address)].some((name) => hosts.has(name));
  };
  return nodes
    .filter((node) => !isKnown(node))
    .map(({ metadata: { name } }) => ({
      subject: `Node ${name}`,
      wanted: "not there: no host of the stack is called so",
      found: "a kubelet registered it, and pods may be put there",
      diff: [],
      repair: {
        by: "hand",
        advice: `add it to the stack, or: kubectl delete node '${name}', and switch the host off`,
      },
    }));
}

/**
 * Objects that the program does not know and that let more in than it says: bindings to everything or to everybody; policies in
 * namespaces that it isolates, each of which opens something, because policies only add up; and namespaces that nobody isolates.
 *
 * @param known Names of the objects that the program and the plans of hosts made, as `objectName` gives them.
 * @param namespaces Namespaces whose policies are the program's.
 */
export function unexpectedInCluster(
  inventory: ClusterInventory,
  known: ReadonlySet<string>,
  namespaces: ReadonlySet<string>,
): Finding[] {
  const wild = wildcardRoles(inventory.roles);
  const bindings = inventory.bindings
    .flatMap((item) => bindingSchema.safeParse(item).data ?? [])
    .filter((binding) => !known.has(objectName(binding)) && !isDefault(binding))
    .filter(({ roleRef, subjects = [], metadata }) => {
      const place = roleRef.kind === "Role" ? `${metadata.namespace ?? ""}/` : "";
      return (
        wild.has(`${roleRef.kind} ${place}${roleRef.name}`) ||
        subjects.some(({ name }) => openSubjects.has(name))
      );
    })
    .map((binding) => unexpected(binding, describe(binding)));
  const namespacesOfOthers = inventory.namespaces.filter(
    (namespace) => !namespaces.has(namespace.metadata.name) && !known.has(objectName(namespace)),
  );
  const policies = inventory.networkPolicies
    .filter((policy) => namespaces.has(policy.metadata.namespace ?? "") && !known.has(objectName(policy)))
    .map((policy) => unexpected(policy, "lets through what no rule of the program does"));
  return [...bindings, ...policies, ...openNamespaces({ ...inventory, namespaces: namespacesOfOthers })];
}
