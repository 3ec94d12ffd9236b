import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { answeredWarnings } from "../../../cis/report";
import type { ClusterOutputs, Outcome, TestCluster } from "../../support/cluster";

const reportSchema = z.object({
  benchmark: z.string(),
  result: z.string(),
  totals: z.record(z.string(), z.number()),
  checks: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      looked: z.boolean(),
      failed: z.boolean(),
      places: z.array(z.object({ host: z.string(), status: z.string(), found: z.string() })),
      answer: z.string().optional(),
    }),
  ),
  hosts: z.array(z.object({ name: z.string(), seen: z.boolean() })),
});
type Report = z.infer<typeof reportSchema>;

/** Somebody else's program judges the nodes. */
export function cisStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("The CIS benchmark, by kube-bench", () => {
    let judged: Report | undefined;
    const cis = async (code: number): Promise<Report> => {
      const { code: ended, stdout, stderr } = await cluster.npmRun("cis", ["--json"]);
      assert.equal(ended, code, stdout + stderr);
      return reportSchema.parse(JSON.parse(stdout));
    };
    const onWorker = (command: string): Outcome => cluster.ssh(outputs(), "worker-0", `sudo ${command}`);

    it("finds nothing that fails, on any node", async () => {
      judged = await cis(0);
      assert.equal(judged.benchmark, "cis-1.11");
      assert.equal(judged.result, "passed");
      assert.equal(judged.totals["failed"], 0);
      assert.ok((judged.totals["passed"] ?? 0) >= 88, JSON.stringify(judged.totals));
      assert.deepEqual(
        judged.hosts,
        outputs().nodeTable.map(({ name }) => ({ name, seen: true })),
      );
    });

    it("leaves to somebody who looks what is known and answered, and no more", () => {
      const open = judged?.checks.filter(({ status, looked }) => looked && status !== "PASS") ?? [];
      assert.deepEqual(
        open.map(({ id }) => id),
        answeredWarnings,
      );
      for (const { id, answer } of open) assert.ok(answer !== undefined && answer !== "", id);
    });

    it("leaves nothing on the hosts", () => {
      for (const { name } of outputs().nodeTable) {
        assert.doesNotMatch(cluster.ssh(outputs(), name, "sudo ls /var/lib/redoubt").stdout, /cis\./, name);
      }
    });

    it("fails where somebody let others read a file, and says which host and what it found", async () => {
      assert.equal(onWorker("chmod 0644 /var/lib/kubelet/config.yaml").code, 0);
      try {
        assert.equal(onWorker("chmod 0640 /etc/kubernetes/kube-proxy/kubeconfig").code, 0);
        const { checks } = await cis(2);
        const places = (found: string, status: string): unknown[] => [{ host: "worker-0", status, found }];
        assert.deepEqual(
          checks.filter(({ failed }) => failed).map(({ id, places }) => ({ id, places })),
          [
            // kube-bench itself only warns of this one.
            { id: "4.1.3", places: places("permissions=640", "WARN") },
            { id: "4.1.9", places: places("permissions=644", "FAIL") },
          ],
        );
      } finally {
        assert.equal(onWorker("chmod 0600 /var/lib/kubelet/config.yaml").code, 0);
        assert.equal(onWorker("chmod 0600 /etc/kubernetes/kube-proxy/kubeconfig").code, 0);
      }
    });
  });
}
