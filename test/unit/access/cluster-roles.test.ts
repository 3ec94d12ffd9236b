import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { metricsRules, roleRules, type PolicyRule } from "../../../components/access/cluster-roles";

type OwnRole = keyof typeof roleRules;

const allRules: readonly (readonly [string, readonly PolicyRule[]])[] = [...Object.entries(roleRules)];
const reading = new Set(["get", "list", "watch"]);

function may(role: OwnRole, verb: string, resource: string, apiGroup = ""): boolean {
  return roleRules[role].some(
    (rule) =>
      rule.apiGroups.includes(apiGroup) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  );
}

describe("the role set", () => {
  it("has no wildcard (CIS 5.1.3)", () => {
    for (const [role, rules] of allRules) {
      for (const { apiGroups, resources, verbs } of rules) {
        const wildcard = [...apiGroups, ...resources, ...verbs].some((word) => word.includes("*"));
        assert.equal(wildcard, false, role);
      }
    }
  });

  it("lets nobody raise or lend rights: no escalate, bind, impersonate, no writing of RBAC, no tokens", () => {
    for (const [role, rules] of allRules) {
      for (const { apiGroups, resources, verbs } of rules) {
        assert.ok(!verbs.some((verb) => ["escalate", "bind", "impersonate"].includes(verb)), role);
        assert.ok(!resources.includes("serviceaccounts/token"), role);
        assert.ok(!resources.some((resource) => resource.endsWith("/proxy")), role);
        if (apiGroups.includes("rbac.authorization.k8s.io")) {
          assert.ok(
            verbs.every((verb) => reading.has(verb)),
            role,
          );
        }
      }
    }
  });

  it("CIS 5.1.9, 5.1.10, 5.1.11, 5.1.12, 5.1.13: gives nobody what leads to other people's rights", () => {
    const grants = allRules.flatMap(([, rules]) =>
      rules.flatMap(({ resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      ),
    );
    assert.ok(grants.includes("get persistentvolumes") && grants.includes("create persistentvolumeclaims"));
    const leading =
      /^(?!(get|list|watch) )\S+ (persistentvolumes|.*webhookconfigurations)$|nodes\/proxy|certificatesigningrequests|serviceaccounts\/token/;
    assert.deepEqual(
      grants.filter((grant) => leading.test(grant)),
      [],
    );
    for (const bad of [
      "create persistentvolumes",
      "get nodes/proxy",
      "update certificatesigningrequests/approval",
    ])
      assert.match(bad, leading);
  });

  it("shows secrets to operators only", () => {
    assert.equal(may("operator", "get", "secrets"), true);
    for (const role of ["viewer", "developer", "cluster-reader"] as const) {
      assert.equal(may(role, "get", "secrets"), false, role);
      assert.equal(may(role, "list", "secrets"), false, role);
    }
  });

  it("lets viewers and the cluster reader read, and nothing else", () => {
    for (const role of ["viewer", "cluster-reader"] as const) {
      assert.ok(
        roleRules[role].every(({ verbs }) => verbs.every((verb) => reading.has(verb))),
        role,
      );
      assert.equal(may(role, "get", "pods"), true);
      assert.equal(may(role, "get", "pods/log"), true);
    }
    assert.equal(may("cluster-reader", "list", "nodes"), true);
    assert.equal(may("viewer", "list", "nodes"), false);
  });

  it("lets developers run workloads, and look into them", () => {
    assert.equal(may("developer", "create", "deployments", "apps"), true);
    assert.equal(may("developer", "delete", "pods"), true);
    assert.equal(may("developer", "create", "pods/exec"), true);
    // kubectl asks by WebSocket, which is a GET.
    assert.equal(may("developer", "get", "pods/portforward"), true);
  });

  it("keeps developers from policies, quotas, and where a service leads", () => {
    for (const verb of ["create", "update", "patch", "delete"]) {
      assert.equal(may("developer", verb, "networkpolicies", "networking.k8s.io"), false);
      assert.equal(may("developer", verb, "resourcequotas"), false);
      assert.equal(may("developer", verb, "limitranges"), false);
      assert.equal(may("developer", verb, "serviceaccounts"), false);
      assert.equal(may("developer", verb, "endpoints"), false, "CVE-2021-25740");
      assert.equal(may("developer", verb, "endpointslices", "discovery.k8s.io"), false, "CVE-2021-25740");
    }
  });

  it("lets operators change policies, but neither quotas nor endpoints", () => {
    assert.equal(may("operator", "update", "networkpolicies", "networking.k8s.io"), true);
    assert.equal(may("operator", "create", "pods/eviction"), true);
    assert.equal(may("operator", "update", "resourcequotas"), false);
    assert.equal(may("operator", "update", "endpoints"), false);
  });

  it("show what pods use where they show pods, and what nodes use to who sees the cluster", () => {
    for (const role of ["viewer", "developer", "operator"] as const) {
      assert.deepEqual(metricsRules(role), [
        { apiGroups: ["metrics.k8s.io"], resources: ["pods"], verbs: ["get", "list"] },
      ]);
    }
    assert.deepEqual(metricsRules("cluster-reader"), [
      { apiGroups: ["metrics.k8s.io"], resources: ["nodes", "pods"], verbs: ["get", "list"] },
    ]);
  });
});
