import assert from "node:assert/strict";
import https from "node:https";
import net from "node:net";
import { describe, it } from "node:test";
import { readers } from "../../../components/pki/readers";
import { paths } from "../../../components/plan/paths";
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

/** Who owns the keys of a folder; all others are root's. */
const keyOwners: readonly (readonly [folder: string, owner: string])[] = [
  [paths.etcdPki, readers.etcd.user],
  [paths.kubeApiserver, readers.kubeApiserver.user],
  [paths.controllerManager, readers.controllerManager.user],
  [paths.scheduler, readers.scheduler.user],
  [paths.dex, readers.dex.user],
];

function ownerOf(file: string): string {
  const [, owner] = keyOwners.find(([folder]) => file.startsWith(`${folder}/`)) ?? [];
  return owner ?? readers.root.user;
}

/** Ports of `ss -Htln` that do not listen on loopback only: state, two queues, then the address. */
function outwardPorts(listing: string): number[] {
  const addresses = listing
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/)[3] ?? "");
  const outward = addresses.filter((address) => !/^(127\.|\[::1\])/.test(address));
  return [...new Set(outward.map((address) => Number(address.split(":").at(-1))))];
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
        const open = node.role === "control-plane" ? [22, 6443] : [22];
        for (const port of open) assert.equal(await connects(node.address, port), true, `${port}`);
        // What listens now, whoever it is.
        const listening = outwardPorts(cluster.ssh(outputs(), node.name, "sudo ss -Htln").stdout);
        const others = listening.filter((port) => !open.includes(port));
        assert.ok(others.includes(10250), `${node.name} listens on ${listening.join(", ")}`);
        const asked = [...new Set([...closed, ...others])];
        const answers = await Promise.all(asked.map((port) => connects(node.address, port)));
        assert.deepEqual(
          asked.filter((_, index) => answers[index]),
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
      // With TLS 1.2 the server's word on the certificate comes within the handshake.
      const ask = (client: string): ReturnType<TestCluster["ssh"]> =>
        cluster.ssh(
          outputs(),
          name,
          `sudo curl --tls-max 1.2 --http1.1 --insecure --silent --show-error --cert ${client}.crt --key ${client}.key https://127.0.0.1:2379/version`,
        );
      const own = ask(`${paths.pki}/etcd-healthcheck-client`);
      assert.match(own.stdout, /etcdserver/, own.stderr);
      const foreign = ask(`${paths.kubeApiserver}/kubelet-client`);
      assert.notEqual(foreign.code, 0);
      assert.match(foreign.stderr, /alert (unknown ca|bad certificate)/i);
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
      const ask = (options: string): ReturnType<TestCluster["ssh"]> =>
        cluster.ssh(
          outputs(),
          name,
          `curl --insecure --silent --show-error --output /dev/null ${options} https://${address}:6443/version`,
        );
      // The host's own OpenSSL must offer what the server shall refuse, so its floor is taken away; the alert is the server's word.
      const old = ask("--tlsv1.0 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0");
      assert.notEqual(old.code, 0);
      assert.match(old.stderr, /alert protocol version/);
      const weak = ask("--tls-max 1.2 --ciphers 'ALL:!AESGCM:!AESCCM:!CHACHA20:@SECLEVEL=0'");
      assert.notEqual(weak.code, 0);
      assert.match(weak.stderr, /alert handshake failure/);
      const good = ask("--tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256");
      assert.equal(good.code, 0, good.stderr);
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

    it("keeps what has a private key in it to its reader, whatever its name", () => {
      const search =
        "grep --recursive --files-with-matches --extended-regexp -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' -e 'client-key-data: [A-Za-z0-9+/=]{40}' /etc /var/lib/kubelet/pki";
      for (const node of outputs().nodeTable) {
        const command = `${search} | xargs stat --format='%a %U %n'`;
        const { stdout } = cluster.ssh(outputs(), node.name, "sudo bash -s", command);
        const lines = stdout.trim().split("\n");
        assert.ok(lines.length >= 4, lines.join("\n"));
        for (const line of lines) {
          const file = line.split(" ").at(-1) ?? "";
          assert.equal(line, `600 ${ownerOf(file)} ${file}`, node.name);
        }
      }
    });
  });
}
