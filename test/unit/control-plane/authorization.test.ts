import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { authorization, type AuthorizationOptions } from "../../../components/control-plane/authorization";
import { kubeApiserver } from "../../../components/control-plane/kube-apiserver";
import { mergeFragments } from "../../../components/plan/merge";
import type { HostPlan } from "../../../components/plan/plan";
import { contentsOf, controlPlaneArgs, unitOf } from "../../support/fixture-cluster";
import { assertGolden } from "../../support/golden";

const own = (name: string): string => `/etc/kubernetes/kube-apiserver/${name}`;

const webhook = {
  server: "https://10.77.5.1:8443/authorize",
  certificateAuthority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  authorizedTtlSeconds: 300,
  unauthorizedTtlSeconds: 0,
  timeoutSeconds: 3,
  failurePolicy: "Deny",
  matchConditions: ["!('system:nodes' in request.groups)"],
} as const;

const abac = [
  { group: "auditors", namespace: "*", resource: "*", apiGroup: "*", readonly: true },
  { user: "robot", namespace: "app", resource: "pods", readonly: false },
  { user: "robot", nonResourcePath: "/version", readonly: true },
];

function planOf(options: AuthorizationOptions): HostPlan {
  const args = { ...controlPlaneArgs, ...options, advertiseAddress: "10.77.5.10" };
  return mergeFragments({ "kube-apiserver": kubeApiserver(args) });
}

describe("authorization by flags", () => {
  it("is what a cluster has that says nothing else, and no file of other modes stays", () => {
    const part = authorization({ authorizationMode: ["Node", "RBAC"], authorization: { abac: [] } });
    assert.deepEqual(part.flags["authorization-mode"], ["Node", "RBAC"]);
    assert.equal(part.flags["authorization-policy-file"], undefined);
    assert.deepEqual(part.files, []);
    assert.deepEqual(part.absent, [
      own("authorization.yaml"),
      own("authorization-webhook.yaml"),
      own("abac-policy.jsonl"),
    ]);
  });

  it("keeps the order of the modes", () => {
    const plan = planOf({ authorizationMode: ["RBAC", "Node"], authorization: { abac: [] } });
    assert.equal(unitOf(plan, "kube-apiserver.service").flags().get("authorization-mode"), "RBAC,Node");
  });

  it("says ABAC too, with a policy of one grant a line", () => {
    const plan = planOf({ authorizationMode: ["Node", "ABAC", "RBAC"], authorization: { abac } });
    const flags = unitOf(plan, "kube-apiserver.service").flags();
    assert.equal(flags.get("authorization-mode"), "Node,ABAC,RBAC");
    assert.equal(flags.get("authorization-policy-file"), own("abac-policy.jsonl"));
    const lines = (contentsOf(plan)[own("abac-policy.jsonl")] ?? "").trimEnd().split("\n");
    const policies = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      policies.map(({ spec }) => spec),
      abac,
    );
    for (const policy of policies) {
      assert.equal(policy["apiVersion"], "abac.authorization.kubernetes.io/v1beta1");
      assert.equal(policy["kind"], "Policy");
    }
  });

  it("restarts the API server when a grant changes, because it reads them once", () => {
    const plan = planOf({ authorizationMode: ["Node", "RBAC", "ABAC"], authorization: { abac } });
    const unit = plan.units.find(({ name }) => name === "kube-apiserver.service");
    assert.ok(unit?.restartOn?.includes(own("abac-policy.jsonl")));
  });
});

describe("authorization by a file", () => {
  const modes = ["Node", "RBAC", "ABAC", "Webhook"];
  const plan = planOf({ authorizationMode: modes, authorization: { abac, webhook } });
  const flags = unitOf(plan, "kube-apiserver.service").flags();
  const { authorizers } = parse(contentsOf(plan)[own("authorization.yaml")] ?? "") as {
    authorizers: { type: string; name: string; webhook?: Record<string, unknown> }[];
  };

  it("is rendered so", () => {
    const names = ["authorization.yaml", "authorization-webhook.yaml", "abac-policy.jsonl"];
    const contents = contentsOf(plan);
    assertGolden(
      "authorization",
      Object.fromEntries(names.map((name) => [own(name), contents[own(name)] ?? ""])),
    );
  });

  it("takes the place of the flags of the modes, which kube-apiserver would refuse beside it", () => {
    assert.equal(flags.get("authorization-config"), own("authorization.yaml"));
    assert.equal(flags.has("authorization-mode"), false);
    assert.deepEqual(
      [...flags.keys()].filter((name) => name.startsWith("authorization-webhook-")),
      [],
    );
    assert.equal(flags.get("authorization-policy-file"), own("abac-policy.jsonl"));
  });

  it("keeps the order of the modes", () => {
    assert.deepEqual(
      authorizers.map(({ type }) => type),
      modes,
    );
  });

  it("denies when the webhook does not answer", () => {
    assert.equal(authorizers[3]?.webhook?.["failurePolicy"], "Deny");
  });

  it("keeps answers as long as it is told, and none for zero seconds", () => {
    const entry = authorizers[3]?.webhook;
    assert.deepEqual([entry?.["cacheAuthorizedRequests"], entry?.["authorizedTTL"]], [true, "300s"]);
    assert.equal(entry?.["cacheUnauthorizedRequests"], false);
  });

  it("shows the webhook the API server's certificate, and believes no authority but the configured one", () => {
    const file = parse(contentsOf(plan)[own("authorization-webhook.yaml")] ?? "") as {
      clusters: { cluster: Record<string, string> }[];
      users: { user: Record<string, string> }[];
    };
    assert.equal(file.clusters[0]?.cluster["server"], webhook.server);
    assert.equal(
      Buffer.from(file.clusters[0].cluster["certificate-authority-data"] ?? "", "base64").toString(),
      webhook.certificateAuthority,
    );
    assert.equal(file.users[0]?.user["client-key"], own("webhook-client.key"));
  });
});
