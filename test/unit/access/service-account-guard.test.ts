import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ServiceAccountGuard } from "../../../components/access/service-account-guard";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";

function record(discoveryGroups: string[] = []): Promise<Recording<ServiceAccountGuard>> {
  return recordStack(() => new ServiceAccountGuard("guard", { namespaces: ["app"], discoveryGroups }));
}
const bindingType = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding";

describe("the guard of service accounts", () => {
  it("CIS 5.1.5: gives pods that name no account no token, in every namespace of the stack and of Kubernetes", async () => {
    const recording = await record();
    const accounts = [...ofType(recording, "kubernetes:core/v1:ServiceAccount").values()];
    assert.deepEqual(
      accounts.map(({ inputs }) => inputs["metadata"]),
      ["default", "kube-node-lease", "kube-public", "kube-system", "app"].map((namespace) => ({
        name: "default",
        namespace,
      })),
    );
    assert.ok(accounts.every(({ inputs }) => inputs["automountServiceAccountToken"] === false));
    assertNamedUnderParents(recording, ["guard"]);
  });

  it("refuses Secrets that would be filled with a token that never expires, also when the policy can't be asked", async () => {
    const recording = await record();
    const group = "kubernetes:admissionregistration.k8s.io/v1";
    const policy = ofType(recording, `${group}:ValidatingAdmissionPolicy`).get("guard-no-legacy-tokens");
    const spec = policy?.inputs["spec"] as { failurePolicy: string; validations: { expression: string }[] };
    assert.equal(spec.failurePolicy, "Fail");
    assert.match(
      spec.validations[0]?.expression ?? "",
      /object\.type != 'kubernetes\.io\/service-account-token'/,
    );
    const binding = ofType(recording, `${group}:ValidatingAdmissionPolicyBinding`).get(
      "guard-no-legacy-tokens-binding",
    );
    const { name } = policy?.inputs["metadata"] as { name: string };
    assert.deepEqual(binding?.inputs["spec"], { policyName: name, validationActions: ["Deny"] });
  });

  it("lets nobody read the discovery documents without being told, and then those who are named", async () => {
    assert.equal(ofType(await record(), bindingType).size, 0);
    const [binding] = ofType(await record(["verifiers"]), bindingType).values();
    assert.deepEqual(binding?.inputs["subjects"], [
      { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "verifiers" },
    ]);
  });
});
