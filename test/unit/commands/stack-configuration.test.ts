import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configurationOf } from "../../../commands/stack-configuration";

describe("what commands know of a configuration before the program reads it", () => {
  const blocks = {
    "redoubt:clusterName": "shop",
    "redoubt:hosts": { provider: "aws", aws: { architecture: "arm64" } },
    "redoubt:kubernetes": { version: "1.36.3" },
    "redoubt:network": { podCidr: "10.100.0.0/16" },
    "redoubt:authentication": { serviceAccounts: { signingKey: 2, acceptedKeys: [1, 2] } },
    "redoubt:pki": { authorities: { issuing: 2, trusted: [1, 2] } },
  };

  it("is what its blocks say", () => {
    const known = configurationOf("prod", { config: blocks });
    assert.equal(known.clusterName, "shop");
    assert.equal(known.architecture, "arm64");
    assert.equal(known.kubernetesVersion, "1.36.3");
    assert.equal(known.cluster.fixedSettings?.podCidr, "10.100.0.0/16");
    assert.equal(known.serviceAccountKeys?.signingKey, 2);
    assert.equal(known.authorities?.issuing, 2);
  });

  for (const missing of Object.keys(blocks)) {
    it(`is what the other blocks say where ${missing} is left out`, () => {
      const rest = Object.fromEntries(Object.entries(blocks).filter(([name]) => name !== missing));
      const known = configurationOf("prod", { config: rest });
      assert.equal(known.clusterName, missing === "redoubt:clusterName" ? "prod" : "shop");
      assert.equal(known.architecture, missing === "redoubt:hosts" ? undefined : "arm64");
      assert.equal(known.kubernetesVersion, missing === "redoubt:kubernetes" ? undefined : "1.36.3");
      assert.equal(known.serviceAccountKeys?.signingKey, missing === "redoubt:authentication" ? 1 : 2);
      assert.equal(known.authorities?.issuing, missing === "redoubt:pki" ? 1 : 2);
      assert.ok(known.cluster.fixedSettings);
    });
  }

  it("is nothing but the name where there is no configuration", () => {
    assert.equal(configurationOf("prod", {}).clusterName, "prod");
  });
});
