import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ClusterOutputs } from "../support/cluster";
import { ForeignNetwork } from "../support/foreign-network";
import { InventoryCluster, type InventoryMember } from "../support/inventory-cluster";
import { testBlocks } from "./configuration";
import { forgetStory } from "./stories/forget";
import { loginsStory, strangerStory } from "./stories/logins";
import { lockoutStory } from "./stories/lockout";
import { rbacStory } from "./stories/rbac";
import { secretsStory } from "./stories/secrets";
import { hardLoginStory, softLoginStory } from "./stories/soft-login";
import { sshStory } from "./stories/ssh";
import { tlsStory } from "./stories/tls";
import { upAgainStory } from "./stories/convergence";
import { workloadsStory } from "./stories/workloads";

/**
 * The same cluster over machines that it did not make, that let root and passwords in: the same stories, and those of hosts that stay.
 * What a container can't show is shown on a virtual machine (own-kernel.test.ts).
 */
describe("A cluster on machines that were there before", () => {
  const network = new ForeignNetwork(`foreign-${process.pid}`);
  const cluster = new InventoryCluster("inventory", network);
  const members: InventoryMember[] = [];
  let known: ClusterOutputs | undefined;
  const outputs = (): ClusterOutputs => (known ??= cluster.outputs());
  const configure: Parameters<typeof strangerStory>[1] = (change, changed = members) => {
    cluster.configure(changed, testBlocks, change);
    return members;
  };

  before(() => {
    network.create();
    members.push({ ...network.boot("control-plane-0", 10), role: "control-plane" });
    members.push({ ...network.boot("worker-0", 32), role: "worker" });
    members.push({ ...network.boot("worker-1", 33), role: "worker" });
  });
  after(async () => {
    await cluster.remove();
    network.remove();
  });

  softLoginStory(() => members);

  it("is built over them by the command that users run", async () => {
    cluster.configure(members, testBlocks);
    cluster.setBootstrapPassword();
    const { code, stdout, stderr } = await cluster.npmRun("up");
    assert.equal(code, 0, stdout + stderr);
  });

  hardLoginStory(() => members);
  sshStory(cluster, outputs);
  tlsStory(cluster, outputs);
  rbacStory(cluster, outputs);
  workloadsStory(cluster, outputs);
  secretsStory(cluster, outputs);
  loginsStory(cluster, outputs, configure);
  upAgainStory(cluster, outputs);
  strangerStory(cluster, configure);
  lockoutStory(cluster, outputs);
  forgetStory(cluster, outputs, network, () => members);
});
