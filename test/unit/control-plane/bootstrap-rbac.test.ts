import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bootstrapObjects, kubeRouterRules } from "../../../components/control-plane/bootstrap-rbac";

interface Binding {
  kind: string;
  roleRef: { name: string };
  subjects: { kind: string; name: string }[];
}

describe("the first bindings", () => {
  const bindings = bootstrapObjects().filter(
    (item) => (item as Binding).kind === "ClusterRoleBinding",
  ) as Binding[];

  it("bind administrators and the cluster's own components, each by its name", () => {
    const bound = bindings.map(({ roleRef, subjects }) => [
      roleRef.name,
      subjects.map(({ kind, name }) => `${kind} ${name}`).join(),
    ]);
    assert.deepEqual(bound, [
      ["cluster-admin", "Group redoubt:cluster-admins"],
      ["redoubt:kube-router", "User redoubt:kube-router"],
      ["system:kubelet-api-admin", "User kube-apiserver-kubelet-client"],
      ["system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "Group system:nodes"],
    ]);
  });

  it("show kube-router what its informers list, and let it write nothing", () => {
    const resources = kubeRouterRules.flatMap((rule) => rule.resources).sort();
    assert.deepEqual(resources, [
      "endpoints",
      "endpointslices",
      "namespaces",
      "networkpolicies",
      "nodes",
      "pods",
      "services",
    ]);
    const verbs = new Set(kubeRouterRules.flatMap((rule) => rule.verbs));
    assert.deepEqual([...verbs].sort(), ["get", "list", "watch"]);
  });
});
