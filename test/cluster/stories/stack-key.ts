import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { StackKeyOptions } from "../../../components/hosts/stack-key-generations";
import type { ClusterOutputs } from "../../support/cluster";
import type { InventoryCluster } from "../../support/inventory-cluster";
import { logsIn } from "../../support/ssh-login";
import { fingerprintCommand } from "./convergence";

const driftReport = z.looseObject({
  places: z.array(
    z.looseObject({
      seen: z.boolean(),
      findings: z.array(z.looseObject({ repair: z.looseObject({ by: z.string() }) })),
    }),
  ),
});

/**
 * The stack's own SSH key gives way to another.
 *
 * @param configure Writes the settings of the hosts that are there, with the cluster's keys.
 */
export function stackKeyStory(cluster: InventoryCluster, configure: () => void): void {
  describe("The stack's own SSH key, rotated", () => {
    let former: ClusterOutputs | undefined;
    const before = (): ClusterOutputs => (former ??= cluster.outputs());
    const set = (stackKeys: StackKeyOptions): void => {
      cluster.stackKeys = stackKeys;
      configure();
    };
    const up = async (): Promise<void> => {
      const { code, stdout, stderr } = await cluster.npmRun("up");
      assert.equal(code, 0, stdout + stderr);
    };
    /** By host, whether a private key opens a session. */
    const letsIn = async (privateKey: string): Promise<Record<string, boolean>> => {
      const answers = before().nodeTable.map(async ({ name, address: host }) => {
        return [name, await logsIn({ host, username: "redoubt", privateKey })] as const;
      });
      return Object.fromEntries(await Promise.all(answers));
    };
    const everywhere = (answer: boolean): Record<string, boolean> =>
      Object.fromEntries(before().nodeTable.map(({ name }) => [name, answer]));
    const fingerprints = (): string[] =>
      before().nodeTable.map(({ name }) => cluster.ssh(cluster.outputs(), name, fingerprintCommand).stdout);

    it("is not exchanged in one step: hosts that do not know the new one would let nobody in", async () => {
      assert.deepEqual(await letsIn(before().sshPrivateKey), everywhere(true));
      set({ connecting: 2, authorized: [1, 2] });
      const { code, stderr } = await cluster.npmRun("up");
      assert.equal(code, 1);
      assert.match(stderr, /hosts\.stackKeys\.connecting = 2: would log in before every host lets it in/);
      assert.match(stderr, /Fix: add 2 to authorized, keep connecting at 1 and run up first/);
    });

    it("is joined by another first, then the other logs in, which touches nothing on any host", async () => {
      set({ connecting: 1, authorized: [1, 2] });
      await up();
      assert.equal(cluster.outputs().sshPrivateKey, before().sshPrivateKey);
      const untouched = fingerprints();
      set({ connecting: 2, authorized: [1, 2] });
      await up();
      const { sshPrivateKey } = cluster.outputs();
      assert.notEqual(sshPrivateKey, before().sshPrivateKey);
      assert.deepEqual(await letsIn(sshPrivateKey), everywhere(true));
      assert.deepEqual(await letsIn(before().sshPrivateKey), everywhere(true));
      assert.ok(untouched.every((text) => text.length > 1000));
      assert.deepEqual(fingerprints(), untouched);
    });

    it("opens no host at its end, is in no state, and the stack goes on with the other", async () => {
      set({ connecting: 2, authorized: [2] });
      await up();
      assert.deepEqual(await letsIn(before().sshPrivateKey), everywhere(false));
      assert.deepEqual(await letsIn(cluster.outputs().sshPrivateKey), everywhere(true));
      const keys = cluster.resources().filter(({ urn }) => urn.includes("::machines-admin-key"));
      assert.deepEqual(
        keys.map(({ urn }) => urn.split("::").at(-1)),
        ["machines-admin-key-2"],
      );
      // These hosts have a login of before, which no program takes away; it is found, and nothing of the stack's own differs.
      const drift = await cluster.npmRun("drift", ["--json"]);
      const { places } = driftReport.parse(JSON.parse(drift.stdout));
      assert.deepEqual([...new Set(places.map(({ seen }) => seen))], [true], drift.stdout);
      assert.equal(places.length, before().nodeTable.length + 1, "every host, and the cluster");
      const ofTheStack = places
        .flatMap(({ findings }) => findings)
        .filter(({ repair }) => repair.by === "up");
      assert.deepEqual(ofTheStack, [], drift.stdout);
      const again = await cluster.npmRun("up", ["--expect-no-changes"]);
      assert.equal(again.code, 0, again.stdout + again.stderr);
    });
  });
}
