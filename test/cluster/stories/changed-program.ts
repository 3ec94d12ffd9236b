import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

/** A program that waits for nothing but pods, and that nobody runs just now. */
const program = "/opt/cni/bin/loopback";

export function changedProgramStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A program that somebody changed in a host's store", () => {
    const onHost = (command: string): string => {
      const { code, stdout, stderr } = cluster.ssh(outputs(), "worker-0", command);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const sum = (): string => onHost(`sha256sum "$(readlink --canonicalize ${program})"`);
    const drift = (): ReturnType<TestCluster["npmRun"]> => cluster.npmRun("drift");

    it("is found, which needs a look through the bastion, and brought again by up", async () => {
      // Who set the machines up is still there, which drift leaves to a human.
      const before = (await drift()).stdout;
      assert.match(before, /^worker-0 .*\(\d+ compared\)$/m);
      assert.doesNotMatch(before, /could not look|artifact/);
      const wanted = sum();
      // Its size stays, and its link.
      onHost(
        `printf X | sudo dd of="$(readlink --canonicalize ${program})" bs=1 seek=4096 conv=notrunc status=none`,
      );
      assert.notEqual(sum(), wanted);
      const found = await drift();
      assert.equal(found.code, 2, found.stdout + found.stderr);
      assert.match(found.stdout, new RegExp(`^ {2}artifact ${program}$`, "m"));
      const up = await cluster.npmRun("up", ["--repair"]);
      assert.equal(up.code, 0, up.stdout + up.stderr);
      assert.equal(sum(), wanted);
    });
  });
}
