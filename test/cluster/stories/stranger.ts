import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InventoryChange, InventoryCluster, InventoryMember } from "../../support/inventory-cluster";
import { hostKey } from "../../support/fixture-inventory";

/** Writes the settings with a change, over the machines or some in their place; gives the machines. */
type Configure = (
  change: InventoryChange,
  members?: readonly InventoryMember[],
) => readonly InventoryMember[];

/** Leaves the stack with an adoption that was begun, which the next `up` forgets. */
export function strangerStory(cluster: InventoryCluster, configure: Configure): void {
  describe("A host that shows another key than the pinned one", () => {
    it("is an error with both fingerprints, and nothing is told to it", async () => {
      const members = configure({});
      const [stranger, ...others] = [...members].reverse();
      assert.ok(stranger);
      configure({}, [...others, { ...stranger, hostKey: hostKey("other") }]);
      const { code, stdout } = await cluster.npmRun("up");
      configure({});
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
