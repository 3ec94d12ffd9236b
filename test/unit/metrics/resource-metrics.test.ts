import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { ResourceMetrics } from "../../../components/metrics/resource-metrics";
import { artifacts, fixtureHost } from "../../support/fixture-cluster";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";

const authority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function record(): Promise<Recording<ResourceMetrics>> {
  return recordStack(() => {
    const machine = new pulumi.ComponentResource("redoubt:hosts:Toy", "machine");
    const host = fixtureHost("control-plane-0", [machine]);
    const hosts = [{ host, machine }];
    return new ResourceMetrics("metrics", { hosts, serverAuthorities: authority, artifacts }, {});
  });
}

function only(recording: Recording<unknown>, type: string): Readonly<Record<string, unknown>> {
  const [found, ...more] = ofType(recording, type).values();
  assert.ok(found, type);
  assert.deepEqual(more, []);
  return found.inputs;
}

describe("the resource metrics API as resources", () => {
  it("is a plan on each control plane, and the script that takes it away when the setting goes", async () => {
    const recording = await record();
    assertNamedUnderParents(recording, ["metrics", "machine"]);
    const commands = ofType(recording, "command:remote:Command");
    assert.deepEqual(
      [...commands.keys()],
      ["metrics-control-plane-0-withdrawal", "metrics-control-plane-0-apply"],
    );
    const withdrawal = commands.get("metrics-control-plane-0-withdrawal");
    assert.ok(withdrawal);
    const { create, update, delete: last } = withdrawal.inputs;
    assert.deepEqual([create, update, last], [undefined, undefined, "sudo --non-interactive bash -s"]);
  });

  it("takes nothing away from a machine that goes, which would have to answer for that", async () => {
    const { resources } = await record();
    const machine = resources.find(({ name }) => name === "machine")?.resource;
    const withdrawal = resources.find(({ name }) => name.endsWith("-withdrawal"));
    assert.ok(machine);
    assert.equal(withdrawal?.opts.deletedWith, machine);
  });

  it("is verified by API servers: the authority is named, and nothing is skipped", async () => {
    const spec = only(await record(), "kubernetes:apiregistration.k8s.io/v1:APIService")["spec"] as object;
    assert.deepEqual(spec, {
      group: "metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      service: { name: "metrics-server", namespace: "kube-system", port: 443 },
      caBundle: Buffer.from(authority).toString("base64"),
    });
  });

  it("is reached by each API server on its own host only", async () => {
    const recording = await record();
    const service = only(recording, "kubernetes:core/v1:Service")["spec"];
    assert.deepEqual(service, {
      internalTrafficPolicy: "Local",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 4443 }],
    });
    const slice = only(recording, "kubernetes:discovery.k8s.io/v1:EndpointSlice");
    assert.deepEqual(slice["endpoints"], [{ addresses: ["10.77.5.10"], nodeName: "control-plane-0" }]);
    // An unnamed port of the one would be no port of the other.
    assert.deepEqual(slice["ports"], [{ name: "https", port: 4443, protocol: "TCP" }]);
  });
});

describe("metrics-server's rights", () => {
  it("are figures of kubelets, the names of nodes and pods, and the question who may see what", async () => {
    const role = only(await record(), "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole");
    assert.deepEqual(role["rules"], [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["list", "watch"] },
      { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
    ]);
  });

  it("are given to it alone, by name", async () => {
    const binding = only(await record(), "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding");
    assert.deepEqual(binding["subjects"], [
      { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "redoubt:metrics-server" },
    ]);
  });
});
