import assert from "node:assert/strict";
import https from "node:https";
import net from "node:net";
import { describe, it } from "node:test";
import type { ClusterOutputs, TestCluster } from "../../support/cluster";

/** Asks an HTTPS server without showing a certificate; the server's own is another test's business. */
function statusWithoutCertificate(host: string, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    https
      .get({ host, port, path, rejectUnauthorized: false, timeout: 5000, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on("error", reject);
  });
}

/** Whether a TCP connection from this box is answered. */
function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 1500 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => {
      end(true);
    });
    socket.on("error", () => {
      end(false);
    });
    socket.on("timeout", () => {
      end(false);
    });
  });
}

export function tlsStory(cluster: TestCluster, outputs: () => ClusterOutputs): void {
  const controlPlane = (): ClusterOutputs["nodeTable"][number] => {
    const node = outputs().nodeTable.find((item) => item.role === "control-plane");
    assert.ok(node);
    return node;
  };

  describe("TLS", () => {
    it("answers an anonymous request to the API server with 401, health included", async () => {
      for (const path of ["/api", "/healthz", "/livez", "/version"]) {
        assert.equal(await statusWithoutCertificate(controlPlane().address, 6443, path), 401, path);
      }
    });

    it("opens no port to the box but SSH and the API", async () => {
      const closed = [2379, 2380, 2381, 10248, 10249, 10250, 10256, 10257, 10259, 20244, 30000];
      for (const node of outputs().nodeTable) {
        assert.equal(await connects(node.address, 22), true);
        const answers = await Promise.all(closed.map((port) => connects(node.address, port)));
        assert.deepEqual(
          closed.filter((_, index) => answers[index]),
          [],
          node.name,
        );
      }
    });

    it("refuses a handshake without a client certificate on etcd's client and peer ports", () => {
      const { name, address } = controlPlane();
      for (const port of [2379, 2380]) {
        const { code, stderr } = cluster.ssh(
          outputs(),
          name,
          `curl --tls-max 1.2 --insecure --silent --show-error https://${address}:${port}/version`,
        );
        assert.notEqual(code, 0);
        assert.match(stderr, /alert|certificate required|bad certificate|reset by peer/i, `port ${port}`);
      }
    });

    it("lets etcd answer who shows a certificate of its own authority", () => {
      const { name } = controlPlane();
      const command =
        "sudo etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/pki/ca.crt --cert=/etc/kubernetes/pki/etcd-healthcheck-client.crt --key=/etc/kubernetes/pki/etcd-healthcheck-client.key endpoint health";
      const { code, stdout, stderr } = cluster.ssh(outputs(), name, command);
      assert.equal(code, 0, stderr);
      assert.match(stdout + stderr, /is healthy/);
    });

    it("refuses an etcd client with a certificate of the Kubernetes authority", () => {
      const { name } = controlPlane();
      const command =
        "sudo curl --insecure --silent --show-error --cert /var/lib/kubelet/pki/kubelet.crt --key /var/lib/kubelet/pki/kubelet.key https://127.0.0.1:2379/version";
      assert.notEqual(cluster.ssh(outputs(), name, command).code, 0);
    });

    it("answers the kubelet's port with 401 without a certificate", () => {
      const { name } = controlPlane();
      for (const node of outputs().nodeTable) {
        const command = `curl --insecure --silent --output /dev/null --write-out '%{http_code}' https://${node.address}:10250/pods`;
        assert.equal(cluster.ssh(outputs(), name, command).stdout, "401", node.name);
      }
    });

    it("speaks no TLS older than 1.2, and only AEAD suites", () => {
      const { name, address } = controlPlane();
      const ask = (options: string): number =>
        cluster.ssh(
          outputs(),
          name,
          `curl --insecure --silent --output /dev/null ${options} https://${address}:6443/version`,
        ).code;
      assert.notEqual(ask("--tls-max 1.1"), 0);
      assert.notEqual(ask("--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-SHA"), 0);
      assert.equal(ask("--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256"), 0);
    });

    it("keeps every private key to the one who reads it", () => {
      for (const node of outputs().nodeTable) {
        const command =
          "sudo find /etc/kubernetes /etc/etcd /var/lib/kubelet/pki -type f ( -name '*.key' -o -name '*.conf' -o -name kubeconfig ) -printf '%m %u %p\\n'";
        const lines = cluster
          .ssh(outputs(), node.name, command.replaceAll(/[()]/g, "\\$&"))
          .stdout.trim()
          .split("\n");
        assert.ok(lines.length >= 4, lines.join("\n"));
        for (const line of lines) assert.match(line, /^600 /, line);
      }
    });
  });
}
