import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderAuditPolicy } from "../../../components/control-plane/audit-policy";

interface Rule {
  readonly level: string;
  readonly users?: string[];
  readonly userGroups?: string[];
  readonly verbs?: string[];
  readonly resources?: { group: string; resources?: string[] }[];
  readonly nonResourceURLs?: string[];
}

interface Request {
  readonly user: string;
  readonly groups?: string[];
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
}

const { rules } = parse(renderAuditPolicy()) as { rules: Rule[] };

/** The level of the first rule that matches, as the API server decides. */
function levelOf(request: Request): string {
  const { group = "" } = request;
  const rule = rules.find(
    ({ users, userGroups, verbs, resources, nonResourceURLs }) =>
      (users?.includes(request.user) ?? true) &&
      (userGroups?.some((name) => request.groups?.includes(name)) ?? true) &&
      (verbs?.includes(request.verb) ?? true) &&
      (resources?.some(
        (kind) => kind.group === group && (kind.resources?.includes(request.resource) ?? true),
      ) ??
        true) &&
      nonResourceURLs === undefined,
  );
  return rule?.level ?? "none matches";
}

describe("the audit policy", () => {
  it("CIS 3.2.2: records who read or wrote a secret, never what is in it", () => {
    for (const verb of ["get", "list", "create", "update", "patch", "delete"]) {
      assert.equal(levelOf({ user: "alice", verb, resource: "secrets" }), "Metadata", verb);
      assert.equal(levelOf({ user: "alice", verb, resource: "configmaps" }), "Metadata", verb);
    }
    assert.equal(levelOf({ user: "alice", verb: "create", resource: "serviceaccounts/token" }), "Metadata");
    const review = {
      user: "alice",
      verb: "create",
      group: "authentication.k8s.io",
      resource: "tokenreviews",
    };
    assert.equal(levelOf(review), "Metadata");
  });

  it("records changes of who may do what as a whole", () => {
    const group = "rbac.authorization.k8s.io";
    assert.equal(
      levelOf({ user: "alice", verb: "create", group, resource: "rolebindings" }),
      "RequestResponse",
    );
    assert.equal(levelOf({ user: "alice", verb: "get", group, resource: "rolebindings" }), "Metadata");
    const policy = { user: "alice", group: "networking.k8s.io", resource: "networkpolicies" };
    assert.equal(levelOf({ ...policy, verb: "delete" }), "RequestResponse");
  });

  it("CIS 3.2.2: records what is asked of a running pod", () => {
    for (const resource of ["pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"]) {
      assert.equal(levelOf({ user: "alice", verb: "create", resource }), "Request", resource);
    }
  });

  it("leaves out what components only read, and nothing that people do", () => {
    const groups = ["system:nodes"];
    assert.equal(levelOf({ user: "system:node:w0", groups, verb: "watch", resource: "pods" }), "None");
    assert.equal(levelOf({ user: "system:node:w0", groups, verb: "create", resource: "pods" }), "Metadata");
    assert.equal(levelOf({ user: "system:kube-scheduler", verb: "list", resource: "pods" }), "None");
    assert.equal(levelOf({ user: "alice", verb: "list", resource: "pods" }), "Metadata");
    assert.deepEqual(rules.at(-1), { level: "Metadata" });
  });

  it("CIS 3.2.2: records who asked for a secret even when a component did: its credential may be stolen", () => {
    const groups = ["system:nodes"];
    assert.equal(levelOf({ user: "system:node:w0", groups, verb: "get", resource: "secrets" }), "Metadata");
    assert.equal(levelOf({ user: "system:kube-proxy", verb: "list", resource: "secrets" }), "Metadata");
  });
});
