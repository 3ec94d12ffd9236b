import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ForeignMachine, ForeignNetwork } from "../../support/foreign-network";
import type { InventoryCluster } from "../../support/inventory-cluster";

/** A destroy that waited for a host that is off would take the minutes of its dials. */
const destroySeconds = 90;

export function forgetStory(
  cluster: InventoryCluster,
  network: ForeignNetwork,
  machines: () => readonly ForeignMachine[],
): void {
  describe("Destroy", () => {
    it("is refused while only the stack has a key to the hosts, and says what to do", async () => {
      const known = cluster.outputs();
      const { code, stderr } = await cluster.npmRun("destroy", [], destroySeconds);
      assert.equal(code, 1);
      assert.match(stderr, /hosts\.sshPublicKeys: names no key .*--forget-keys/);
      for (const { name } of known.nodeTable) assert.ok(stderr.includes(name), stderr);
      assert.deepEqual(cluster.outputs(), known);
    });

    it("forgets the hosts, also one that is off, and leaves them and what runs on them", async () => {
      const last = cluster.outputs();
      const [controlPlane, off] = machines();
      assert.ok(controlPlane !== undefined && off !== undefined);
      assert.equal(network.power("stop", off.name).code, 0);
      const { code, stdout, stderr } = await cluster.npmRun("destroy", ["--forget-keys"], destroySeconds);
      assert.equal(code, 0, stdout + stderr);
      assert.equal(
        cluster.ssh(last, controlPlane.name, "systemctl is-active kubelet").stdout.trim(),
        "active",
      );
      assert.match(cluster.kubectl(last.kubeconfig, ["get", "namespace", "app", "-o", "name"]).stdout, /app/);
    });
  });
}
