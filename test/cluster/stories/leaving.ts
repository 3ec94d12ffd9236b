import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterOutputs } from "../../support/cluster";
import type { ForeignNetwork } from "../../support/foreign-network";
import type { InventoryChange, InventoryCluster, InventoryMember } from "../../support/inventory-cluster";

/** Writes the settings with a change, over the machines or some in their place; gives the machines. */
type Configure = (
  change: InventoryChange,
  members?: readonly InventoryMember[],
) => readonly InventoryMember[];

/** The last host of the list leaves, comes back, and leaves once more while it is off. */
export function leavingStory(
  cluster: InventoryCluster,
  outputs: () => ClusterOutputs,
  network: ForeignNetwork,
  configure: Configure,
): void {
  describe("A worker that is taken out of the inventory", () => {
    /** Who was there, with the way to the one that has left. */
    const before = outputs;
    const leaver = (): string => before().nodeTable.at(-1)?.name ?? "";
    const nodes = (): string[] =>
      cluster
        .kubectl(before().kubeconfig, ["get", "nodes", "--output=name"])
        .stdout.trim()
        .split("\n")
        .map((name) => name.replace("node/", ""));
    const unitsOnLeaver = (verb: string): string[] => {
      const units = "kubelet.service kube-proxy.service kube-router.service";
      return cluster.ssh(before(), leaver(), `systemctl ${verb} ${units}`).stdout.trim().split("\n");
    };
    const thrice = (word: string): string[] => [word, word, word];
    const up = async (): Promise<string> => {
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      return stdout + stderr;
    };

    it("is a node no more, and its kubelet can not make it one again", async () => {
      const members = configure({});
      configure({}, members.slice(0, -1));
      await up();
      assert.ok(!nodes().includes(leaver()), nodes().join(" "));
      assert.deepEqual(unitsOnLeaver("is-active"), thrice("inactive"));
      assert.deepEqual(unitsOnLeaver("is-enabled"), thrice("disabled"));
    });

    it("is one again when it is put back", async () => {
      configure({});
      await up();
      assert.ok(nodes().includes(leaver()), nodes().join(" "));
      assert.deepEqual(unitsOnLeaver("is-active"), thrice("active"));
    });

    it("leaves also while it is off, and up says that nobody told it to stop", async () => {
      assert.equal(network.power("stop", leaver()).code, 0);
      const members = configure({});
      configure({}, members.slice(0, -1));
      assert.match(await up(), /the host that leaves was not told to stop, so switch it off/);
      assert.ok(!nodes().includes(leaver()), nodes().join(" "));
    });

    it("does not come back when somebody switches it on after that: API servers let only hosts of the stack in", async () => {
      const tried = (): string =>
        cluster.ssh(before(), leaver(), "sudo journalctl --unit kubelet --boot").stdout;
      assert.equal(network.power("start", leaver()).code, 0);
      const end = Date.now() + 120_000;
      while (!tried().includes("6443: i/o timeout") && Date.now() < end) await sleep(2000);
      assert.match(tried(), /6443: i\/o timeout/);
      assert.ok(!nodes().includes(leaver()), nodes().join(" "));
    });
  });
}
