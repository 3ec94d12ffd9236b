import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

const rules = "/etc/redoubt/firewall.nft";

/** What a host does whose firewall can't be loaded, as after a power cut that took the file with it. */
export function firewallStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A host without its firewall", () => {
    const host = "worker-1";
    const asRoot = (command: string): string => cluster.ssh(outputs(), host, `sudo ${command}`).stdout.trim();
    const stateOf = (unit: string): string => asRoot(`systemctl show --property=ActiveState --value ${unit}`);
    const eventually = async (unit: string, state: string): Promise<void> => {
      const end = Date.now() + 60_000;
      while (stateOf(unit) !== state && Date.now() < end) await sleep(500);
      assert.equal(stateOf(unit), state, unit);
    };

    it("starts no kubelet, and both come back by themselves when the rules can be loaded again", async () => {
      asRoot(`cp --preserve=all ${rules} ${rules}.kept`);
      try {
        asRoot(`sh -c 'echo "no rule at all" >>${rules}'`);
        asRoot("systemctl restart redoubt-firewall.service");
        assert.equal(asRoot("nft list tables | grep --count redoubt"), "0");
        const { code } = cluster.ssh(outputs(), host, "sudo systemctl restart kubelet.service");
        assert.notEqual(code, 0);
        assert.equal(stateOf("kubelet.service"), "activating");
      } finally {
        asRoot(`mv --force ${rules}.kept ${rules}`);
      }
      await eventually("redoubt-firewall.service", "active");
      await eventually("kubelet.service", "active");
      assert.equal(asRoot("nft list tables | grep --count redoubt"), "1");
    });
  });
}
