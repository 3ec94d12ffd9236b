import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { TestCluster, type ClusterOutputs } from "../support/cluster";
import { testConfiguration } from "./configuration";
import { authenticationStory } from "./stories/authentication";
import { authorizationStory } from "./stories/authorization";
import { authoritiesStory } from "./stories/authorities";
import { upAgainStory } from "./stories/convergence";
import { encryptionStory } from "./stories/encryption";
import { identityStory } from "./stories/identity";

/**
 * One cluster on booted machines of this box, and everybody who may come in, by every way of authentication and every mode of
 * authorization, each switched on while it runs. Needs what `cluster.test.ts` needs.
 */
describe("A cluster and who comes in", () => {
  const cluster = new TestCluster("access", testConfiguration);
  let known: ClusterOutputs | undefined;
  const outputs = (): ClusterOutputs => (known ??= cluster.outputs());

  after(() => cluster.remove());

  it("comes up", async () => {
    const { code, stdout, stderr } = await cluster.npmRun("up");
    assert.equal(code, 0, stdout + stderr);
  });

  // First, so that everybody after it comes in by authorities that are not those of the first day.
  authoritiesStory(cluster);
  authenticationStory(cluster, outputs);
  identityStory(cluster, outputs);
  authorizationStory(cluster, outputs);
  // Last: what stands in the block of the API server before must not be lost, and the stories before it write that block.
  encryptionStory(cluster);
  upAgainStory(cluster, outputs);
});
