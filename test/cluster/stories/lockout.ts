import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sshd } from "../../../components/hosts/hardening/sshd";
import { mergeFragments } from "../../../components/plan/merge";
import { renderScript } from "../../../components/plan/script";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

/** Makes the sshd of a host let in somebody else than the operator, and does not confirm it. */
export function lockOut(cluster: TestCluster, outputs: ClusterOutputs, host: string): void {
  const plan = mergeFragments({ sshd: sshd({ adminUser: "somebody-else" }) });
  const outcome = cluster.ssh(outputs, host, "sudo bash -s", renderScript(plan, "harden"));
  assert.equal(outcome.code, 0, outcome.stderr);
  const refused = cluster.ssh(outputs, host, "true");
  assert.notEqual(refused.code, 0, "the change was not effective");
  assert.match(refused.stderr, /Permission denied \(publickey\)/);
}

export function lockoutStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("A change of sshd that locks the operator out", () => {
    const worker = (): string => outputs().nodeTable.find((node) => node.role === "worker")?.name ?? "";
    const configuration = (): string => {
      const files = "/etc/ssh/sshd_config /etc/ssh/sshd_config.d/00-redoubt.conf";
      const { code, stdout, stderr } = cluster.ssh(outputs(), worker(), `sudo sha256sum ${files}`);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const logsIn = (): boolean => cluster.ssh(outputs(), worker(), "true").code === 0;

    it("is refused at once when sshd does not understand it, and the old file stays", () => {
      const plan = mergeFragments({ sshd: sshd({ adminUser: "redoubt\nNoSuchKeyword yes" }) });
      const before = configuration();
      const outcome = cluster.ssh(outputs(), worker(), "sudo bash -s", renderScript(plan, "harden"));
      assert.notEqual(outcome.code, 0);
      assert.match(outcome.stderr, /00-redoubt\.conf: the new content was refused/);
      assert.equal(configuration(), before);
      assert.ok(logsIn());
    });

    it("reverts by itself after a minute without a second login", async () => {
      lockOut(cluster, outputs(), worker());
      const end = Date.now() + 90_000;
      while (!logsIn() && Date.now() < end) await sleep(1000);
      assert.ok(logsIn(), "the operator is still locked out");
    });
  });
}
