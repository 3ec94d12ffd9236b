import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

export function releasesStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  describe("Hosts of two Debian releases", () => {
    it("are nodes of one cluster, each with the runtime of its own release", () => {
      const jsonPath =
        "{range .items[*]}{.status.nodeInfo.osImage}{'|'}{.status.nodeInfo.containerRuntimeVersion}{'\\n'}{end}";
      const { stdout } = cluster.kubectl(outputs().kubeconfig, [
        "get",
        "nodes",
        "-o",
        `jsonpath=${jsonPath}`,
      ]);
      const [controlPlane, worker0, worker1] = stdout.trim().split("\n");
      assert.match(controlPlane ?? "", /GNU\/Linux 13 .*containerd:\/\/1\.7\./);
      assert.match(worker0 ?? "", /GNU\/Linux 12 .*containerd:\/\/1\.6\./);
      assert.match(worker1 ?? "", /GNU\/Linux 13 .*containerd:\/\/1\.7\./);
    });
  });
}
