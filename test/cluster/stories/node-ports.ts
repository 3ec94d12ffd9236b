import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { clusterLayout } from "../../../components/config/layout";
import { parseSettings } from "../../../components/config/settings";
import { bridgeName } from "../../../components/hosts/local";
import { admittedPodSpec } from "../../support/admitted-pod";
import { runProgram, type ClusterOutputs, type Outcome, type TestCluster } from "../../support/cluster";

const podPort = 8443;
const nodePort = 30443;
const labels = { app: "storefront" };

/** The box's address on the bridge of a test's machines. */
function boxAddress({ stack }: TestCluster): string {
  const network = clusterLayout(parseSettings({}, stack)).localNetwork;
  assert.ok(network);
  return network.gateway;
}

/** Lets the box, and nobody else, reach a storefront in the cluster; before the first `up`. */
export function exposeStorefront(cluster: TestCluster): void {
  cluster.editConfiguration((block) => {
    (block("network")["allow"] as object[]).push({
      name: "box-to-storefront",
      from: { cidr: `${boxAddress(cluster)}/32` },
      to: { namespace: "app", podLabels: labels },
      ports: [{ port: podPort, nodePort }],
    });
  });
}

/** What comes back from a server that repeats what it is told; undefined when nothing does within two seconds. */
function echoed(host: string, port: number, localAddress: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, localAddress, timeout: 2000 });
    const end = (answer?: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => socket.write("hello\n"));
    socket.on("data", (data) => {
      end(data.toString().trim());
    });
    socket.on("error", () => {
      end();
    });
    socket.on("timeout", () => {
      end();
    });
  });
}

/** Pods as clients outside the cluster reach them. */
export function nodePortsStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const create = (object: object): void => {
    const outcome = cluster.kubectl(
      outputs().kubeconfig,
      ["--namespace", "app", "apply", "-f", "-"],
      JSON.stringify(object),
    );
    assert.equal(outcome.code, 0, outcome.stderr);
  };
  const addressOf = (name: string): string => {
    const address = outputs().nodeTable.find((node) => node.name === name)?.address;
    assert.ok(address);
    return address;
  };
  const echoedOn = (name: string, port: number): Outcome => {
    const dialogue = `exec 3<>/dev/tcp/${addressOf("worker-0")}/${port}; echo hello >&3; head -n 1 <&3`;
    return cluster.ssh(outputs(), name, `timeout 3 bash -c '${dialogue}'`);
  };

  describe("A rule with a node port", () => {
    it("lets its clients reach its pods from outside the cluster", async () => {
      const serve = ["/bin/busybox", "nc", "-ll", "-p", String(podPort), "-e", "/bin/busybox", "cat"];
      create({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "storefront", labels },
        spec: admittedPodSpec({
          command: serve,
          container: { readinessProbe: { tcpSocket: { port: podPort }, periodSeconds: 1 } },
          spec: { nodeName: "worker-0" },
        }),
      });
      cluster.kubectl(outputs().kubeconfig, [
        ...["--namespace", "app", "wait", "pod/storefront"],
        ...["--for=condition=Ready", "--timeout=60s"],
      ]);
      const end = Date.now() + 30_000;
      let answer: string | undefined;
      // Endpoints and policies follow a pod by a moment.
      while (answer === undefined && Date.now() < end) {
        answer = await echoed(addressOf("worker-0"), nodePort, boxAddress(cluster));
      }
      assert.equal(answer, "hello");
    });

    it("lets nobody else: no other address, and no host of the cluster", async () => {
      const bridge = bridgeName(cluster.stack);
      const other = boxAddress(cluster).replace(/\d+$/, "250");
      try {
        assert.equal(runProgram("ip", ["address", "add", `${other}/32`, "dev", bridge]).code, 0);
        assert.equal(await echoed(addressOf("worker-0"), nodePort, other), undefined);
      } finally {
        runProgram("ip", ["address", "delete", `${other}/32`, "dev", bridge]);
      }
      assert.notEqual(echoedOn("worker-1", nodePort).stdout.trim(), "hello");
    });

    it("opens no other port: one that somebody gives to the same pods stays closed", async () => {
      const port = 31443;
      create({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "storefront-by-hand" },
        spec: {
          type: "NodePort",
          externalTrafficPolicy: "Local",
          selector: labels,
          ports: [{ port: podPort, nodePort: port }],
        },
      });
      const end = Date.now() + 30_000;
      let own = "";
      // It is there: its own host, which no policy keeps from its pods, is answered.
      while (own !== "hello" && Date.now() < end) own = echoedOn("worker-0", port).stdout.trim();
      assert.equal(own, "hello");
      assert.equal(await echoed(addressOf("worker-0"), port, boxAddress(cluster)), undefined);
      assert.equal(await echoed(addressOf("worker-0"), nodePort, boxAddress(cluster)), "hello");
    });
  });
}
