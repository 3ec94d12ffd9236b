import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KubernetesObject } from "../../../drift/stack-state";
import { unexpectedInCluster, unexpectedNodes } from "../../../drift/unexpected-in-cluster";

const apiVersion = "rbac.authorization.k8s.io/v1";
const everything = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
const roles: KubernetesObject[] = [
  { apiVersion, kind: "ClusterRole", metadata: { name: "cluster-admin" }, rules: everything },
  { apiVersion, kind: "ClusterRole", metadata: { name: "sneaky" }, rules: everything },
  { apiVersion, kind: "Role", metadata: { name: "lord", namespace: "app" }, rules: everything },
  {
    apiVersion,
    kind: "ClusterRole",
    metadata: { name: "reader" },
    rules: [{ apiGroups: [""], resources: ["*"], verbs: ["get"] }],
  },
  { apiVersion, kind: "ClusterRole", metadata: { name: "aggregate" }, rules: null },
];

function binding(
  name: string,
  role: string,
  subject: string,
  namespace?: string,
  roleKind = "ClusterRole",
): KubernetesObject {
  return {
    apiVersion,
    kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: roleKind, name: role },
    subjects: [{ kind: "Group", name: subject }],
  };
}

function policy(namespace: string, name: string): KubernetesObject {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace } };
}

function subjects(
  bindings: KubernetesObject[],
  networkPolicies: KubernetesObject[] = [],
  namespaces: KubernetesObject[] = [],
): string[] {
  const known = new Set(["ClusterRoleBinding redoubt:cluster-admins", "NetworkPolicy app/default-deny"]);
  const inventory = { bindings, roles, networkPolicies, namespaces };
  return unexpectedInCluster(inventory, known, new Set(["app"])).map(
    ({ subject, found }) => `${subject}: ${found}`,
  );
}

describe("bindings that nobody declared", () => {
  const widening: readonly (readonly [string, KubernetesObject, string])[] = [
    [
      "of cluster-admin",
      binding("evil", "cluster-admin", "strangers"),
      "ClusterRoleBinding evil: gives cluster-admin to Group strangers",
    ],
    [
      "of another role that allows everything",
      binding("evil", "sneaky", "strangers"),
      "ClusterRoleBinding evil: gives sneaky to Group strangers",
    ],
    [
      "of everything in one namespace",
      binding("evil", "lord", "strangers", "app", "Role"),
      "RoleBinding app/evil: gives lord to Group strangers",
    ],
    [
      "to everybody",
      binding("evil", "reader", "system:unauthenticated"),
      "ClusterRoleBinding evil: gives reader to Group system:unauthenticated",
    ],
    [
      "under the name of a default one, but to others",
      binding("cluster-admin", "cluster-admin", "strangers"),
      "ClusterRoleBinding cluster-admin: gives cluster-admin to Group strangers",
    ],
    [
      "under the name of a default one, but of another role",
      binding("system:discovery", "reader", "system:authenticated"),
      "ClusterRoleBinding system:discovery: gives reader to Group system:authenticated",
    ],
    [
      "under the name of a default one, but in a namespace",
      binding("cluster-admin", "cluster-admin", "system:masters", "app"),
      "RoleBinding app/cluster-admin: gives cluster-admin to Group system:masters",
    ],
  ];
  for (const [what, object, expected] of widening) {
    it(`are found: ${what}`, () => {
      assert.deepEqual(subjects([object]), [expected]);
    });
  }

  it("are left alone when they are Kubernetes' own, the program's, or give little", () => {
    const harmless = [
      binding("cluster-admin", "cluster-admin", "system:masters"),
      binding("system:discovery", "system:discovery", "system:authenticated"),
      binding("redoubt:cluster-admins", "cluster-admin", "redoubt:cluster-admins"),
      binding("monitoring", "reader", "monitors"),
      binding("aggregated", "aggregate", "people"),
      // A Role of the same name in another namespace is another role.
      binding("other", "lord", "people", "other", "Role"),
    ];
    assert.deepEqual(subjects(harmless), []);
  });
});

describe("network policies that nobody declared", () => {
  it("are found in the namespaces of the program, and only there", () => {
    const policies = [policy("app", "default-deny"), policy("app", "let-me-in"), policy("sandbox", "own")];
    assert.deepEqual(subjects([], policies), [
      "NetworkPolicy app/let-me-in: lets through what no rule of the program does",
    ]);
  });
});

describe("a namespace that nobody declared", () => {
  const namespace = (name: string): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  });
  const deny = (policyTypes: string[], spec: object = {}): KubernetesObject => ({
    ...policy("side", "default-deny"),
    spec: { podSelector: {}, policyTypes, ...spec },
  });
  const found = (...policies: KubernetesObject[]): string[] => subjects([], policies, [namespace("side")]);

  it("is told, with what its pods are not denied", () => {
    assert.deepEqual(found(), ["Namespace side: its pods are not denied Ingress and Egress"]);
    assert.deepEqual(found(deny(["Ingress"])), ["Namespace side: its pods are not denied Egress"]);
  });

  it("is told where a policy denies only some pods, or opens what it is about", () => {
    const both = ["Ingress", "Egress"];
    const some = deny(both, { podSelector: { matchLabels: { app: "a" } } });
    assert.deepEqual(found(some), ["Namespace side: its pods are not denied Ingress and Egress"]);
    assert.deepEqual(found(deny(both, { egress: [{}] })), ["Namespace side: its pods are not denied Egress"]);
  });

  it("is let be where it denies both by itself, and so are those of the program", () => {
    assert.deepEqual(found(deny(["Ingress", "Egress"])), []);
    assert.deepEqual(subjects([], [], [namespace("app")]), []);
  });
});

describe("a node of no host of the stack", () => {
  const node = (name: string, address?: string): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { addresses: address === undefined ? undefined : [{ type: "InternalIP", address }] },
  });

  it("is told, with what to do on its host too", () => {
    const hosts = new Set(["worker-0", "10.0.0.33"]);
    const nodes = [node("worker-0", "10.0.0.32"), node("worker-9", "10.0.0.41"), node("stray")];
    const found = unexpectedNodes(nodes, hosts);
    assert.deepEqual(
      found.map(({ subject }) => subject),
      ["Node worker-9", "Node stray"],
    );
    const [{ repair } = { repair: undefined }] = found;
    assert.equal(repair?.by, "hand");
    assert.match(repair.advice, /kubectl delete node 'worker-9', and switch the host off/);
  });

  it("is not one of a host that an up added which then failed: the state knows its address alone", () => {
    assert.deepEqual(unexpectedNodes([node("worker-1", "10.0.0.33")], new Set(["10.0.0.33"])), []);
  });
});
