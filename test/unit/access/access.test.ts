import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Access, type RoleBindingSpec } from "../../../components/access/access";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";

const group = "rbac.authorization.k8s.io";
const clusterRoles = `kubernetes:${group}/v1:ClusterRole`;
const clusterRoleBindings = `kubernetes:${group}/v1:ClusterRoleBinding`;
const roleBindings = `kubernetes:${group}/v1:RoleBinding`;

const record = (bindings: readonly RoleBindingSpec[], metrics?: boolean): Promise<Recording<Access>> =>
  recordStack(() => new Access("access", { roleBindings: bindings, metrics }));

describe("access", () => {
  it("makes four roles of people; cluster-admin is Kubernetes' own", async () => {
    const recording = await record([]);
    assert.deepEqual([...ofType(recording, clusterRoles).keys()].sort(), [
      "access-cluster-reader",
      "access-developer",
      "access-operator",
      "access-viewer",
    ]);
    assertNamedUnderParents(recording, ["access"]);
  });

  it("lets roles see metrics where metrics-server runs, and names them nowhere else", async () => {
    const seen = async (metrics?: boolean): Promise<string[]> =>
      [...ofType(await record([], metrics), clusterRoles)]
        .filter(([, { inputs }]) => JSON.stringify(inputs).includes("metrics.k8s.io"))
        .map(([name]) => name)
        .sort();
    assert.deepEqual(await seen(true), [
      "access-cluster-reader",
      "access-developer",
      "access-operator",
      "access-viewer",
    ]);
    assert.deepEqual(await seen(false), []);
    assert.deepEqual(await seen(), []);
  });

  it("binds nobody unless the configuration says so", async () => {
    const recording = await record([]);
    assert.equal(ofType(recording, clusterRoleBindings).size, 0);
    assert.equal(ofType(recording, roleBindings).size, 0);
  });

  it("binds people where the configuration says, in one binding per role and place", async () => {
    const recording = await record([
      { role: "viewer", namespace: "shop", groups: ["auditors"], users: [] },
      { role: "viewer", namespace: "shop", groups: ["auditors", "accountants"], users: ["ann"] },
      { role: "cluster-admin", groups: ["platform"], users: [] },
    ]);
    const viewer = ofType(recording, roleBindings).get("access-binding-shop-viewer");
    assert.deepEqual(viewer?.inputs["metadata"], { name: "redoubt:viewer", namespace: "shop" });
    assert.deepEqual(viewer.inputs["roleRef"], {
      apiGroup: group,
      kind: "ClusterRole",
      name: "redoubt:viewer",
    });
    assert.deepEqual(viewer.inputs["subjects"], [
      { apiGroup: group, kind: "Group", name: "accountants" },
      { apiGroup: group, kind: "Group", name: "auditors" },
      { apiGroup: group, kind: "User", name: "ann" },
    ]);
    const admin = ofType(recording, clusterRoleBindings).get("access-binding-cluster-admin");
    assert.deepEqual(admin?.inputs["roleRef"], {
      apiGroup: group,
      kind: "ClusterRole",
      name: "cluster-admin",
    });
    assert.equal(ofType(recording, roleBindings).size, 1);
    assertNamedUnderParents(recording, ["access"]);
  });

  it("names bindings by what they are, not by their place in the list", async () => {
    const first: RoleBindingSpec = { role: "viewer", namespace: "a", groups: ["g"], users: [] };
    const second: RoleBindingSpec = { role: "operator", namespace: "b", groups: ["g"], users: [] };
    const names = async (bindings: readonly RoleBindingSpec[]): Promise<string[]> =>
      [...ofType(await record(bindings), roleBindings).keys()].sort();
    assert.deepEqual(await names([first, second]), await names([second, first]));
    assert.ok((await names([second])).every((name) => name === "access-binding-b-operator"));
  });

  const refused: readonly (readonly [string, RoleBindingSpec, RegExp])[] = [
    [
      "everybody",
      { role: "viewer", namespace: "a", groups: ["system:authenticated"], users: [] },
      /system:authenticated/,
    ],
    ["the masters", { role: "cluster-admin", groups: ["system:masters"], users: [] }, /system:masters/],
    [
      "a component",
      { role: "operator", namespace: "a", groups: [], users: ["redoubt:kube-router"] },
      /own components/,
    ],
    ["a namespace's role without one", { role: "viewer", groups: ["g"], users: [] }, /needs a namespace/],
    [
      "the cluster's role within one",
      { role: "cluster-reader", namespace: "a", groups: ["g"], users: [] },
      /takes no namespace/,
    ],
  ];
  for (const [what, binding, message] of refused) {
    it(`refuses to bind ${what}`, async () => {
      await assert.rejects(record([binding]), message);
    });
  }

  it("takes the administrators' group, which is for people", async () => {
    await assert.doesNotReject(
      record([{ role: "cluster-reader", groups: ["redoubt:cluster-admins"], users: [] }]),
    );
  });
});
