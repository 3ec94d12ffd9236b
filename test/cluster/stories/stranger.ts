import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import type { InventoryChange, InventoryCluster, InventoryMember } from "../../support/inventory-cluster";
import { hostKey } from "../../support/fixture-inventory";

/** Writes the settings with a change, over the machines or some in their place; gives the machines. */
type Configure = (
  change: InventoryChange,
  members?: readonly InventoryMember[],
) => readonly InventoryMember[];

/** As OpenSSH prints it: SHA-256 of the key's bytes, in Base64 without padding. */
function fingerprintOf(publicKey: string): string {
  const bytes = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}

/** Leaves the stack with an adoption that was begun, which the next `up` forgets. */
export function strangerStory(cluster: InventoryCluster, configure: Configure): void {
  describe("A host that shows another key than the pinned one", () => {
    it("is an error with both fingerprints, and nothing is told to it", async () => {
      const members = configure({});
      const [stranger, ...others] = [...members].reverse();
      assert.ok(stranger);
      const outputs = cluster.outputs();
      // Of the stack, which comes by way of the bastion; the looks themselves come directly.
      const logins = (): number => {
        const journal = `sudo journalctl --unit ssh --output cat --grep '^Accepted .* from ${cluster.bastion?.address ?? ""} '`;
        const lines: string[] = cluster.ssh(outputs, stranger.name, journal).stdout.split("\n");
        return lines.filter((line) => line.startsWith("Accepted ")).length;
      };
      const before = logins();
      assert.ok(before > 0, "no login of the stack was written down");

      const pinned = hostKey("other");
      configure({}, [...others, { ...stranger, hostKey: pinned }]);
      // The look for drift goes by the state, whose pin is right still.
      const { code, stdout } = await cluster.npmRun("up", ["--no-repair"]);
      configure({});
      assert.notEqual(code, 0);
      const message = `host key mismatch: ${stranger.address}:22 shows ssh-ed25519 ${fingerprintOf(stranger.hostKey)}, but ssh-ed25519 ${fingerprintOf(pinned)} is pinned`;
      assert.ok(stdout.includes(message), stdout);
      assert.equal(logins(), before);
    });
  });
}
