import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { readStackFile } from "../../../commands/stack-file";
import { configurationOf } from "../../../commands/stack-configuration";
import { awsSettings } from "../../support/fixture-aws";

describe("what commands know of a configuration before the program reads it", () => {
  const blocks = {
    "redoubt:clusterName": "shop",
    "redoubt:hosts": { provider: "aws", aws: { architecture: "arm64" } },
    "redoubt:kubernetes": { version: "1.36.3" },
    "redoubt:metricsServer": { enabled: true },
    "redoubt:network": { podCidr: "10.100.0.0/16" },
    "redoubt:authentication": { serviceAccounts: { signingKey: 2, acceptedKeys: [1, 2] } },
    "redoubt:pki": { authorities: { issuing: 2, trusted: [1, 2] } },
  };

  it("is what its blocks say", () => {
    const known = configurationOf("prod", { config: blocks });
    assert.equal(known.clusterName, "shop");
    assert.equal(known.architecture, "arm64");
    assert.equal(known.kubernetesVersion, "1.36.3");
    assert.deepEqual(known.parts, ["metricsServer"]);
    assert.equal(known.cluster.fixedSettings?.podCidr, "10.100.0.0/16");
    assert.equal(known.serviceAccountKeys?.signingKey, 2);
    assert.equal(known.authorities?.issuing, 2);
  });

  it("has the first of the stack's SSH keys where none are said, and says nothing of a block that is malformed or hidden", () => {
    const keysOf = (hosts: unknown): unknown =>
      configurationOf("prod", { config: hosts === undefined ? {} : { "redoubt:hosts": hosts } }).stackKeys;
    const first = { connecting: 1, authorized: [1] };
    assert.deepEqual(keysOf(undefined), first);
    assert.deepEqual(keysOf({ provider: "local" }), first);
    assert.deepEqual(keysOf({ stackKeys: { authorized: [1, 2] } }), { connecting: 1, authorized: [1, 2] });
    assert.equal(keysOf({ stackKeys: { connecting: "two" } }), undefined);
    assert.equal(keysOf({ secure: "v1:hidden" }), undefined);
  });

  for (const missing of Object.keys(blocks)) {
    it(`is what the other blocks say where ${missing} is left out`, () => {
      const rest = Object.fromEntries(Object.entries(blocks).filter(([name]) => name !== missing));
      const known = configurationOf("prod", { config: rest });
      assert.equal(known.clusterName, missing === "redoubt:clusterName" ? "prod" : "shop");
      assert.equal(known.architecture, missing === "redoubt:hosts" ? undefined : "arm64");
      assert.equal(known.kubernetesVersion, missing === "redoubt:kubernetes" ? undefined : "1.36.3");
      assert.deepEqual(known.parts, missing === "redoubt:metricsServer" ? [] : ["metricsServer"]);
      assert.equal(known.serviceAccountKeys?.signingKey, missing === "redoubt:authentication" ? 1 : 2);
      assert.equal(known.authorities?.issuing, missing === "redoubt:pki" ? 1 : 2);
      assert.ok(known.cluster.fixedSettings);
    });
  }

  for (const malformed of Object.keys(blocks)) {
    it(`is what the other blocks say where ${malformed} is malformed`, () => {
      const known = configurationOf("prod", { config: { ...blocks, [malformed]: 7 } });
      assert.equal(known.architecture, malformed === "redoubt:hosts" ? undefined : "arm64");
      assert.equal(known.kubernetesVersion, malformed === "redoubt:kubernetes" ? undefined : "1.36.3");
      assert.deepEqual(known.parts, malformed === "redoubt:metricsServer" ? [] : ["metricsServer"]);
      assert.equal(known.authorities?.issuing, malformed === "redoubt:pki" ? undefined : 2);
      const podCidr = malformed === "redoubt:network" ? undefined : "10.100.0.0/16";
      assert.equal(known.cluster.fixedSettings?.podCidr, podCidr, "a default is no setting");
    });
  }

  it("is not a default where a block is encrypted as a whole", () => {
    const hidden = Object.fromEntries(Object.keys(blocks).map((name) => [name, { secure: "v1:x" }]));
    const known = configurationOf("prod", { config: hidden });
    const { fixedSettings, fixedHosts, listedHosts } = known.cluster;
    assert.deepEqual(
      [known.serviceAccountKeys, known.issuers, known.authorities, fixedSettings, fixedHosts, listedHosts],
      [undefined, undefined, undefined, undefined, undefined, undefined],
    );
  });

  it("is the same where blocks are JSON in a text, as pulumi config set writes them", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "redoubt-test-"));
    try {
      const texts = Object.entries(blocks).map(([name, block]) => [
        name,
        typeof block === "string" ? block : JSON.stringify(block),
      ]);
      const file = path.join(folder, "Pulumi.prod.yaml");
      writeFileSync(file, stringify({ config: Object.fromEntries(texts) as object }));
      const known = configurationOf("prod", readStackFile("prod", folder));
      assert.deepEqual(known, configurationOf("prod", { config: blocks }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is the type of control planes on AWS, the default where none is given, and none of other hosts", () => {
    const typeOf = (hosts: object): string | undefined =>
      configurationOf("prod", { config: { "redoubt:hosts": hosts } }).controlPlaneType;
    const aws = (more: object): object => ({ provider: "aws", aws: awsSettings(more) });
    assert.equal(typeOf(aws({ instanceTypes: { controlPlane: "m7i.xlarge" } })), "m7i.xlarge");
    assert.equal(typeOf(aws({})), "m7i.large");
    assert.equal(typeOf({ provider: "local" }), undefined);
    assert.equal(typeOf(aws({ instanceTypes: 7 })), undefined);
  });

  it("is nothing but the name where there is no configuration", () => {
    assert.equal(configurationOf("prod", {}).clusterName, "prod");
  });
});
