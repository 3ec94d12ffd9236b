import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClusterOutputs } from "../../support/cluster";
import type { InventoryChange, InventoryCluster, InventoryMember } from "../../support/inventory-cluster";
import { hostKey } from "../../support/fixture-inventory";
import { sshKeyPair } from "../../support/ssh-key-pair";
import { logsIn } from "../../support/ssh-login";

/** Writes the settings with a change, over the machines or some in their place; gives the machines. */
type Configure = (
  change: InventoryChange,
  members?: readonly InventoryMember[],
) => readonly InventoryMember[];

export function loginsStory(
  cluster: InventoryCluster,
  outputs: () => ClusterOutputs,
  configure: Configure,
): void {
  const operator = sshKeyPair("operator");
  const everywhere = (): Promise<boolean[]> =>
    Promise.all(
      outputs().nodeTable.map(({ address }) =>
        logsIn({ host: address, username: "redoubt", privateKey: operator.private }),
      ),
    );

  describe("Logins of people", () => {
    it("come by an up that needs the first login no more", async () => {
      assert.deepEqual(await everywhere(), [false, false, false]);
      cluster.forgetBootstrapPassword();
      configure({ authentication: "adopted", sshPublicKeys: [operator.public] });
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      assert.deepEqual(await everywhere(), [true, true, true]);
    });

    it("go by an up, too", async () => {
      configure({ authentication: "adopted" });
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
      assert.deepEqual(await everywhere(), [false, false, false]);
    });
  });
}

/** Leaves the stack with an adoption that was begun, which the next `up` forgets. */
export function strangerStory(cluster: InventoryCluster, configure: Configure): void {
  describe("A host that shows another key than the pinned one", () => {
    it("is an error with both fingerprints, and nothing is told to it", async () => {
      const members = configure({ authentication: "adopted" });
      const [stranger, ...others] = [...members].reverse();
      assert.ok(stranger);
      configure({ authentication: "adopted" }, [...others, { ...stranger, hostKey: hostKey("other") }]);
      const { code, stdout } = await cluster.npmRun("up");
      configure({ authentication: "adopted" });
      assert.notEqual(code, 0);
      assert.match(
        stdout,
        new RegExp(
          `host key mismatch: ${stranger.address}:22 shows ssh-ed25519 SHA256:\\S+, but ssh-ed25519 SHA256:`,
        ),
      );
    });
  });
}
