import { parseAllDocuments } from "yaml";
import { compareObjects, objectName } from "../drift/cluster-objects";
import type { Finding } from "../drift/finding";
import {
  kubernetesObjectSchema,
  type KubernetesObject,
  type RecordedObject,
  type StackState,
} from "../drift/stack-state";
import { unexpectedInCluster, unexpectedNodes } from "../drift/unexpected-in-cluster";
import { bootstrapManifest } from "../components/control-plane/bootstrap-rbac";
import type { Kubectl } from "./kubectl";

/** The objects of the program as they are in the cluster now; those that are gone are left out. */
export function liveObjects(
  recorded: readonly RecordedObject[],
  kubectl: Kubectl,
): Promise<readonly KubernetesObject[]> {
  const wanted = recorded.map(({ object: { apiVersion, kind, metadata } }) => {
    const { name, namespace } = metadata;
    return { apiVersion, kind, metadata: { name, namespace } };
  });
  return wanted.length === 0
    ? Promise.resolve([])
    : kubectl.get(["--ignore-not-found", "--filename=-"], wanted);
}

/** Names of the objects that a control plane makes by itself, from a file of its plan. */
function bootstrapNames(state: StackState): string[] {
  const entries = state.hosts.flatMap(({ promised }) => promised.map(({ entry }) => entry));
  const file = entries.find((entry) => entry.kind === "file" && entry.path === bootstrapManifest);
  if (file?.kind !== "file") return [];
  const documents = parseAllDocuments(file.shown ?? "").map((document) => document.toJS() as unknown);
  return documents.map((document) => objectName(kubernetesObjectSchema.parse(document)));
}

/** Namespaces whose policies are the program's. */
function isolatedNamespaces(recorded: readonly RecordedObject[]): Set<string> {
  const policies = recorded.filter(({ object }) => object.kind === "NetworkPolicy");
  return new Set(policies.flatMap(({ object }) => object.metadata.namespace ?? []));
}

/** Compares the objects of the cluster with what the last `up` recorded, and looks for those that nobody declared. */
export async function lookAtCluster(state: StackState, kubectl: Kubectl): Promise<readonly Finding[]> {
  const list = (kinds: string): Promise<readonly KubernetesObject[]> =>
    kubectl.get(["--all-namespaces", kinds]);
  // One that has lost its etcd says so at once here, and lets every other question wait.
  await kubectl.run(["get", "--raw", "/readyz"]);
  const [live, bindings, roles, networkPolicies, namespaces, nodes] = await Promise.all([
    liveObjects(state.objects, kubectl),
    list("clusterrolebindings.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io"),
    list("clusterroles.rbac.authorization.k8s.io,roles.rbac.authorization.k8s.io"),
    list("networkpolicies.networking.k8s.io"),
    list("namespaces"),
    list("nodes"),
  ]);
  const known = new Set([...state.objects.map(({ object }) => objectName(object)), ...bootstrapNames(state)]);
  const hosts = new Set(state.hosts.map(({ name }) => name));
  return [
    ...compareObjects(state.objects, live),
    ...unexpectedInCluster(
      { bindings, roles, networkPolicies, namespaces },
      known,
      isolatedNamespaces(state.objects),
    ),
    ...unexpectedNodes(nodes, hosts),
  ];
}
