import type { ClusterOutputs, TestCluster } from "./cluster";

/**
 * Whether every kubelet has told the API server since a moment that it lives. A node's condition says `Ready` until a minute after its
 * kubelet fell silent; its lease tells when it last spoke (kubernetes.io/docs/concepts/architecture/nodes, node heartbeats).
 *
 * @param since Milliseconds, by the clock that box and machines share.
 */
export function everyNodeSpokeSince(cluster: TestCluster, outputs: ClusterOutputs, since: number): boolean {
  const { stdout } = cluster.kubectl(outputs.kubeconfig, [
    ...["--namespace=kube-node-lease", "get", "leases"],
    "--output=jsonpath={range .items[*]}{.metadata.name} {.spec.renewTime}{'\\n'}{end}",
  ]);
  const spoke = new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([name = "", time = ""]) => [name, Date.parse(time)]),
  );
  return outputs.nodeTable.every(({ name }) => (spoke.get(name) ?? 0) > since);
}
