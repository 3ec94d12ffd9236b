import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { TestCluster, type ClusterOutputs } from "../support/cluster";
import { withHostRules } from "./configuration";
import { admissionStory } from "./stories/admission";
import { cisStory } from "./stories/cis";
import { convergenceStory } from "./stories/convergence";
import { driftStory } from "./stories/drift";
import { destroyStory, interruptionStory } from "./stories/interruption";
import { firewallStory } from "./stories/firewall";
import { lockoutStory } from "./stories/lockout";
import { metricsStory } from "./stories/metrics";
import { exposeStorefront, nodePortsStory } from "./stories/node-ports";
import { policiesStory } from "./stories/policies";
import { previewReportStory } from "./stories/preview-report";
import { probeStory } from "./stories/probe";
import { rbacStory } from "./stories/rbac";
import { renewalStory } from "./stories/renewal";
import { secretsStory } from "./stories/secrets";
import { snapshotStory } from "./stories/snapshot";
import { sshStory } from "./stories/ssh";
import { tlsStory } from "./stories/tls";
import { upgradeStory } from "./stories/upgrade";
import { workloadsStory } from "./stories/workloads";

/**
 * One cluster on booted machines of this box, built by the command that users run, looked at from outside, changed, cut off,
 * restarted and removed. Needs root and Debian; it fails, and does not skip, where that is missing.
 */
describe("A cluster on this box", () => {
  const cluster = new TestCluster("main", withHostRules);
  exposeStorefront(cluster);
  let known: ClusterOutputs | undefined;
  const outputs = (): ClusterOutputs => (known ??= cluster.outputs());

  after(() => cluster.remove());

  interruptionStory(cluster);

  it("tells the user what to do next", () => {
    const { stdout } = cluster.pulumi(["stack", "output"]);
    assert.match(stdout, /next.*kubectl --kubeconfig kubeconfig get nodes/);
    assert.match(stdout, /kubeconfig\s+\[secret\]/);
  });

  sshStory(cluster, outputs);
  tlsStory(cluster, outputs);
  firewallStory(cluster, outputs);
  rbacStory(cluster, outputs);
  admissionStory(cluster, outputs);
  policiesStory(cluster);
  workloadsStory(cluster, outputs);
  nodePortsStory(cluster, outputs);
  metricsStory(cluster, outputs);
  probeStory(cluster, outputs);
  secretsStory(cluster, outputs);
  renewalStory(cluster, outputs);
  previewReportStory(cluster);
  lockoutStory(cluster, outputs);
  snapshotStory(cluster, outputs);
  cisStory(cluster, outputs);
  driftStory(cluster, outputs);
  upgradeStory(cluster, outputs);
  convergenceStory(cluster, outputs);
  destroyStory(cluster);
});
