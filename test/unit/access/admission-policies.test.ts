import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { AdmissionPolicies } from "../../../components/access/admission-policies";
import { assertGolden } from "../../support/golden";
import { assertNamedUnderParents, ofType, recordStack } from "../../support/mocks";

const group = "kubernetes:admissionregistration.k8s.io/v1";

describe("admission policies", () => {
  it("are these, and each is bound: what breaks it is denied, also when it can't be asked", async () => {
    const recording = await recordStack(() => new AdmissionPolicies("admission", {}));
    const policies = [...ofType(recording, `${group}:ValidatingAdmissionPolicy`).values()];
    const bindings = [...ofType(recording, `${group}:ValidatingAdmissionPolicyBinding`).values()];
    const nameOf = ({ inputs }: (typeof policies)[number]): string =>
      (inputs["metadata"] as { name: string }).name;
    assertGolden(
      "access/admission-policies",
      Object.fromEntries(policies.map((policy) => [`/${nameOf(policy)}.yaml`, stringify(policy.inputs)])),
    );
    assert.deepEqual(
      bindings.map(({ inputs }) => inputs["spec"]),
      policies.map((policy) => ({ policyName: nameOf(policy), validationActions: ["Deny"] })),
    );
    assert.deepEqual(
      [...new Set(policies.map(({ inputs }) => (inputs["spec"] as { failurePolicy: string }).failurePolicy))],
      ["Fail"],
    );
    assertNamedUnderParents(recording, ["admission"]);
  });

  it("say where images of pods come from, when the settings do", async () => {
    const policiesOf = async (allowedRegistries: readonly string[]): Promise<readonly object[]> => {
      const recording = await recordStack(() => new AdmissionPolicies("admission", { allowedRegistries }));
      return [...ofType(recording, `${group}:ValidatingAdmissionPolicy`).values()]
        .filter(({ name }) => name === "admission-allowed-registries")
        .map(({ inputs }) => inputs);
    };
    assert.deepEqual(await policiesOf([]), []);
    const [policy] = await policiesOf(["docker.io", "registry.example.com:5000"]);
    assertGolden("access/allowed-registries", { "/redoubt-allowed-registries.yaml": stringify(policy) });
    const [narrower] = await policiesOf(["registry.example.com:5000"]);
    assert.doesNotMatch(stringify(narrower), /index\.docker\.io/);
  });
});
