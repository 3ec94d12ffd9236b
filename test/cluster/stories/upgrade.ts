import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultKubernetesVersion, newestKubernetesVersion } from "../../../toolchain/manifest";
import { admittedPodSpec } from "../../support/admitted-pod";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

const replicas = 2;
const sleeps = { command: ["/bin/busybox", "sleep", "3600"] };

/** A service that may lose one of its pods at a time. */
const shop = {
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "shop", namespace: "app" },
      spec: {
        replicas,
        selector: { matchLabels: { app: "shop" } },
        template: { metadata: { labels: { app: "shop" } }, spec: admittedPodSpec(sleeps) },
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "shop", namespace: "app" },
      spec: { minAvailable: replicas - 1, selector: { matchLabels: { app: "shop" } } },
    },
  ],
};

/** A pod that nobody would make again. */
const alone = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "alone", namespace: "app" },
  spec: admittedPodSpec({ ...sleeps, spec: { nodeName: "worker-1" } }),
};

/** The next minor, by the setting alone. */
export function upgradeStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("Another minor version of Kubernetes", () => {
    const kubectl = (...args: string[]): Outcome => cluster.kubectl(outputs().kubeconfig, args);
    const create = (manifest: object): void => {
      const input = JSON.stringify(manifest);
      const { code, stderr } = cluster.kubectl(outputs().kubeconfig, ["create", "-f", "-"], input);
      assert.equal(code, 0, stderr);
    };
    /** Of each node by its name, as it tells itself. */
    const ofNodes = (field: string): Record<string, string> => {
      const path = `{range .items[*]}{.metadata.name}={${field}}{"\\n"}{end}`;
      const lines = kubectl("get", "nodes", "-o", `jsonpath=${path}`).stdout.trim().split("\n");
      return Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
    };
    const versions = (): Record<string, string> => ofNodes(".status.nodeInfo.kubeletVersion");
    /** Pods of the shop that serve; undefined while no API server answers. */
    const serving = (): number | undefined => {
      const path = "jsonpath={.status.availableReplicas}";
      const { code, stdout } = kubectl("--namespace", "app", "get", "deployment", "shop", "-o", path);
      return code === 0 ? Number(stdout) : undefined;
    };
    const all = (version: string): Record<string, string> =>
      Object.fromEntries(outputs().nodeTable.map(({ name }) => [name, version]));
    const next = `v${newestKubernetesVersion}`;

    before(async () => {
      create(shop);
      const end = Date.now() + 60_000;
      while (serving() !== replicas && Date.now() < end) await sleep(500);
      assert.equal(serving(), replicas, kubectl("--namespace", "app", "get", "pods").stdout);
      create(alone);
      cluster.editConfiguration((block) => {
        block("kubernetes")["version"] = newestKubernetesVersion;
      });
    });
    after(() => {
      kubectl("--namespace", "app", "delete", "deployment/shop", "pdb/shop", "--wait=false");
    });

    it("stops before a node whose pods nobody would make again, and says which they are", async () => {
      const old = versions();
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.notEqual(code, 0);
      assert.match(
        stdout + stderr,
        /declare no controller[^]*app\/alone[^]*worker-1 could not be drained .* Fix: /,
      );
      assert.match(kubectl("get", "--raw", "/version").stdout, new RegExp(`"gitVersion": "${next}"`));
      assert.deepEqual(versions(), { ...old, "control-plane-0": next });
      assert.deepEqual(ofNodes(".spec.unschedulable"), all(""));
      const left = kubectl("--namespace", "app", "get", "pod", "alone", "-o", "jsonpath={.status.phase}");
      assert.equal(left.stdout, "Running");
    });

    it("is not taken back half-way: up refuses it before anything changes", async () => {
      const halfWay = versions();
      const wants = (version: string): void => {
        cluster.editConfiguration((block) => {
          block("kubernetes")["version"] = version;
        });
      };
      wants(defaultKubernetesVersion);
      const { code, stderr } = await cluster.npmRun("up");
      wants(newestKubernetesVersion);
      assert.notEqual(code, 0);
      assert.match(stderr, /kubernetes\.version = .*is older than the running/);
      assert.deepEqual(versions(), halfWay);
    });

    it("reaches one node after the other, and a service with a disruption budget serves all the time", async () => {
      for (const namespace of ["app", "other"]) {
        assert.equal(kubectl("--namespace", namespace, "delete", "pods", "--selector=app!=shop").code, 0);
      }
      const [cordoned, served]: [number[], (number | undefined)[]] = [[], []];
      const progress = { ended: false };
      const upgrade = cluster.npmRun("up").finally(() => (progress.ended = true));
      while (!progress.ended) {
        cordoned.push(
          Object.values(ofNodes(".spec.unschedulable")).filter((value) => value === "true").length,
        );
        served.push(serving());
        await sleep(200);
      }
      const { code, stdout, stderr } = await upgrade;
      assert.equal(code, 0, stdout + stderr);
      assert.deepEqual(versions(), all(next));
      assert.deepEqual(ofNodes(".spec.unschedulable"), all(""));
      assert.equal(Math.max(...cordoned), 1, "one at a time was away, and one was seen away");
      // While the API server restarts nobody can tell; most of the time somebody does.
      const told = served.filter((pods) => pods !== undefined);
      assert.ok(
        told.length > served.length / 2,
        `${told.length} of ${served.length} questions were answered`,
      );
      assert.ok(Math.min(...told) >= replicas - 1, told.join());
    });

    it("leaves no mark on a node", () => {
      const labels = kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.labels}").stdout;
      assert.match(labels, /kubernetes\.io\/hostname/);
      assert.doesNotMatch(labels, /redoubt-upgrade/);
    });
  });
}
