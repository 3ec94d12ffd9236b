import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dexResources, dexRules } from "../../../components/access/dex-storage";
import { IdentityProvider } from "../../../components/access/identity-provider";
import { artifacts, fixtureHost } from "../../support/fixture-cluster";
import { hash, identityProvider, identityProviderSecrets } from "../../support/identity-fixtures";
import { assertNamedUnderParents, ofType, recordStack, type Recording } from "../../support/mocks";

function record(options: typeof identityProvider | undefined): Promise<Recording<IdentityProvider>> {
  const hosts = [fixtureHost("control-plane-0")];
  return recordStack(
    () =>
      new IdentityProvider(
        "identity-provider",
        { hosts, options, secrets: identityProviderSecrets, artifacts },
        {},
      ),
  );
}

describe("the identity provider as resources", () => {
  it("is a store in the cluster, a secret configuration and a plan on each control plane", async () => {
    const recording = await record(identityProvider);
    assertNamedUnderParents(recording, ["identity-provider"]);
    const definitions = ofType(recording, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition");
    assert.equal(definitions.size, Object.keys(dexResources).length);
    const commands = [...ofType(recording, "command:remote:Command").keys()];
    assert.deepEqual(commands, [
      "identity-provider-control-plane-0-way-apply",
      "identity-provider-control-plane-0-configuration-write",
      "identity-provider-control-plane-0-apply",
    ]);
  });

  it("shows a reviewer what changes, and no secret", async () => {
    const recording = await record(identityProvider);
    const [component] = ofType(recording, "redoubt:access:IdentityProvider").values();
    assert.deepEqual(component?.inputs["staticUsers"], [{ name: "alice" }, { name: "bob" }]);
    for (const { name, inputs, secretInputs } of recording.resources) {
      for (const [key, value] of Object.entries(inputs)) {
        if (secretInputs.includes(key)) continue;
        const text = JSON.stringify(value);
        assert.ok(!text.includes(hash), `${name} ${key}`);
        assert.ok(!text.includes("bind-password"), `${name} ${key}`);
      }
    }
  });

  it("takes Dex away when nobody wants it any more", async () => {
    const recording = await record(undefined);
    const [plan, ...more] = ofType(recording, "command:remote:Command").values();
    assert.deepEqual(more, []);
    assert.match(String(plan?.inputs["stdin"]), /\nabsent \/etc\/dex\n/);
    assert.match(String(plan?.inputs["stdin"]), /\nunit dex\.service disabled stopped /);
    assert.equal(recording.resources.filter(({ type }) => type.startsWith("kubernetes:")).length, 0);
  });
});

describe("Dex's rights", () => {
  it("are its own objects, each by name, in its own namespace", async () => {
    const recording = await record(identityProvider);
    assert.equal(ofType(recording, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").size, 0);
    assert.equal(ofType(recording, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding").size, 0);
    const [role] = ofType(recording, "kubernetes:rbac.authorization.k8s.io/v1:Role").values();
    assert.equal((role?.inputs["metadata"] as { namespace: string }).namespace, "redoubt-dex");
    assert.deepEqual(role?.inputs["rules"], dexRules);
    const words = dexRules.flatMap(({ apiGroups, resources, verbs }) => [
      ...apiGroups,
      ...resources,
      ...verbs,
    ]);
    assert.ok(!words.some((word) => word.includes("*")));
  });

  it("lie in a namespace whose pods, should there ever be any, reach nobody", async () => {
    const recording = await record(identityProvider);
    const [policy] = ofType(recording, "kubernetes:networking.k8s.io/v1:NetworkPolicy").values();
    assert.deepEqual(policy?.inputs["spec"], { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });
});
