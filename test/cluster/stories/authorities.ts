import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { admittedPodSpec } from "../../support/admitted-pod";
import { ApiObserver } from "../../support/api-observer";
import type { TestCluster } from "../../support/cluster";
import { Logins } from "./authentication/logins";

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Record<string, string> }[];
}

const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString();

/** All certificates of a text, in order. */
function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((pem) => new X509Certificate(pem));
}

/** The cluster's authorities are replaced while it runs: three ups, and nobody who follows them is sent away. */
export function authoritiesStory(cluster: TestCluster): void {
  const logins = new Logins(cluster);
  const namespace = "app";
  const pod = "from-before";
  /** From before the rotation: what people and root keep, and the authorities themselves. */
  const old = { administrator: "", superAdmin: "", kubernetes: "", etcd: "" };

  const onHost = (host: string, command: string): string => {
    const { code, stdout, stderr } = cluster.ssh(logins.outputs, host, command);
    assert.equal(code, 0, `${host}: ${command}: ${stderr}`);
    return stdout;
  };
  const hosts = (): string[] => logins.outputs.nodeTable.map(({ name }) => name);
  const configure = (issuing: number, trusted: readonly number[]): void => {
    cluster.editConfiguration((block) => {
      block("pki")["authorities"] = { issuing, trusted };
    });
  };
  /** One stage, during which somebody with a kubeconfig asks again and again. */
  const rotate = async (issuing: number, trusted: readonly number[], kubeconfig: string): Promise<void> => {
    configure(issuing, trusted);
    const { seen } = await ApiObserver.during(kubeconfig, namespace, () => logins.up());
    const { answered, longestGap } = seen;
    assert.ok(answered > 5, `${answered} answers`);
    // There is one API server, which must restart.
    assert.ok(longestGap < 30_000, `away for ${longestGap} ms`);
  };
  const readiness = (): string =>
    logins.adminText([
      "get",
      "nodes",
      "--output=jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}",
    ]);
  /** Certificates that a server on the host shows. */
  const shownBy = (host: string, port: number): X509Certificate[] => {
    const { address } = logins.outputs.nodeTable.find(({ name }) => name === host) ?? { address: "" };
    // It may end the handshake for want of a client's certificate; its own has come by then.
    const ask = `openssl s_client -connect ${address}:${port} -tls1_2 -showcerts </dev/null 2>/dev/null || true`;
    return certificatesIn(onHost(host, ask));
  };

  describe("The cluster's authorities", () => {
    before(() => {
      old.administrator = logins.outputs.kubeconfig;
      old.superAdmin = onHost(logins.controlPlane, "sudo cat /etc/kubernetes/super-admin.conf");
      old.kubernetes = onHost(logins.controlPlane, "sudo cat /etc/kubernetes/pki/ca.crt");
      old.etcd = onHost(logins.controlPlane, "sudo cat /etc/etcd/pki/ca.crt");
      const manifest = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: pod, namespace },
        spec: admittedPodSpec({
          command: ["/bin/busybox", "sh", "-c", "echo begun; exec /bin/busybox sleep 3600"],
          spec: { automountServiceAccountToken: true },
        }),
      };
      logins.adminText(["create", "-f", "-"], JSON.stringify(manifest));
      logins.adminText([
        ...["--namespace", namespace, "wait", `pod/${pod}`, "--for=condition=Ready"],
        "--timeout=60s",
      ]);
    });

    it("are not replaced in one step: up refuses it before anything changes", async () => {
      const start = logins.apiServerStart();
      configure(2, [2]);
      const { code, stderr } = await cluster.npmRun("up");
      assert.notEqual(code, 0);
      assert.match(stderr, /pki\.authorities\.issuing = 2: would issue before every host trusts it/);
      assert.match(stderr, /pki\.authorities\.trusted = \[2\]: withdraws 1, which issued the certificates/);
      assert.equal(logins.apiServerStart(), start);
    });

    it("are announced first: everybody trusts the new ones too, and goes by the old", async () => {
      await rotate(1, [1, 2], old.administrator);
      assert.equal(logins.who(old.administrator)?.username, "redoubt:admin");
      const [authority = { cluster: {} }] = (parse(logins.outputs.kubeconfig) as Kubeconfig).clusters;
      const trusted = certificatesIn(fromBase64(authority.cluster["certificate-authority-data"] ?? ""));
      assert.deepEqual(
        trusted.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1]),
        ["kubernetes-ca", "kubernetes-ca-2"],
      );
      const told = logins.adminText([
        ...["--namespace", namespace, "get", "configmap", "kube-root-ca.crt"],
        "--output=jsonpath={.data.ca\\.crt}",
      ]);
      assert.equal(certificatesIn(told).length, 2);
    });

    it("issue then: who kept a kubeconfig with the old one, and a certificate of it, still comes in", async () => {
      await rotate(2, [1, 2], old.administrator);
      assert.equal(logins.who(old.administrator)?.username, "redoubt:admin");
      assert.equal(logins.who(old.superAdmin)?.username, "redoubt:super-admin");
      for (const host of hosts()) {
        const file = "/var/lib/kubelet/pki/kubelet-client-current.pem";
        assert.match(
          onHost(host, `sudo openssl x509 -noout -issuer -in ${file}`),
          /CN ?= ?kubernetes-ca-2$/m,
        );
      }
    });

    it("are alone in the end, and whoever has a kubeconfig of the stage before goes on", async () => {
      const { kubeconfig } = logins.outputs;
      await rotate(2, [2], kubeconfig);
      assert.equal(logins.who(kubeconfig)?.username, "redoubt:admin");
      assert.doesNotMatch(
        cluster.exportedState(),
        /::pki-(kubernetes|etcd|front-proxy|webhook)-ca(-key|-certificate)?"/,
      );
    });

    it("vouch for every port, and the old ones for none", () => {
      const read = (file: string): X509Certificate => {
        const [certificate, ...others] = certificatesIn(onHost(logins.controlPlane, `sudo cat ${file}`));
        assert.ok(certificate);
        assert.deepEqual(others, []);
        return certificate;
      };
      const kubernetes = read("/etc/kubernetes/pki/trusted-authorities.crt");
      const etcd = read("/etc/etcd/pki/ca.crt");
      const former = new Map([
        [kubernetes, new X509Certificate(old.kubernetes)],
        [etcd, new X509Certificate(old.etcd)],
      ]);
      const { controlPlane } = logins;
      const ports: readonly (readonly [host: string, port: number, authority: X509Certificate])[] = [
        [controlPlane, 6443, kubernetes],
        [controlPlane, 2379, etcd],
        [controlPlane, 2380, etcd],
        ...hosts().map((host) => [host, 10250, kubernetes] as const),
      ];
      for (const [host, port, authority] of ports) {
        const [leaf, ...chain] = shownBy(host, port);
        assert.ok(leaf, `${host}:${port} shows no certificate`);
        assert.deepEqual(chain, [], `${host}:${port}`);
        assert.equal(leaf.verify(authority.publicKey), true, `${host}:${port}`);
        const before = former.get(authority);
        assert.ok(before);
        assert.equal(leaf.verify(before.publicKey), false, `${host}:${port}`);
      }
    });

    it("are not known to an old kubeconfig, which finds no server that it trusts", () => {
      const { code, stderr } = cluster.kubectl(old.administrator, ["auth", "whoami"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /certificate signed by unknown authority/);
    });

    it("do not let in whom an old one vouched for", () => {
      const users = (parse(old.superAdmin) as { users: unknown }).users;
      const fresh = parse(
        onHost(logins.controlPlane, "sudo cat /etc/kubernetes/super-admin.conf"),
      ) as Kubeconfig;
      assert.equal(logins.who(stringify(fresh, { lineWidth: 0 }))?.username, "redoubt:super-admin");
      assert.equal(logins.who(stringify({ ...fresh, users }, { lineWidth: 0 })), undefined);
    });

    it("leave nodes Ready, and logs and exec of a pod from before in order", () => {
      assert.match(readiness(), /^True( True)+$/);
      const inPod = ["--namespace", namespace];
      assert.equal(logins.adminText([...inPod, "logs", pod]), "begun\n");
      assert.equal(
        logins.adminText([...inPod, "exec", pod, "--", "/bin/busybox", "echo", "still here"]),
        "still here\n",
      );
      const restarts = "--output=jsonpath={.status.phase} {.status.containerStatuses[0].restartCount}";
      assert.equal(logins.adminText([...inPod, "get", "pod", pod, restarts]), "Running 0");
    });

    it("are what a pod's service account token is shown to, by the authority that the pod is given", async () => {
      const field = (jsonpath: string): string =>
        logins.adminText(["--namespace", namespace, "get", "pod", pod, `--output=jsonpath=${jsonpath}`]);
      const [node, uid, volume] = [
        field("{.spec.nodeName}"),
        field("{.metadata.uid}"),
        field("{.spec.volumes[0].name}"),
      ];
      const folder = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~projected/${volume}`;
      // The kubelet brings a changed ConfigMap to a running pod within its sync period.
      const end = Date.now() + 120_000;
      const given = (): X509Certificate[] => certificatesIn(onHost(node, `sudo cat ${folder}/ca.crt`));
      while (given().length !== 1 && Date.now() < end) await sleep(1000);
      assert.equal(given().length, 1);
      const request = `curl --silent --show-error --cacert ${folder}/ca.crt --header "Authorization: Bearer $(cat ${folder}/token)" --output /dev/null --write-out "%{http_code}" ${logins.outputs.endpoint}/version`;
      assert.equal(onHost(node, `sudo bash -c '${request}'`), "200");
      logins.adminText(["--namespace", namespace, "delete", "pod", pod]);
    });

    it("leave no drift behind", async () => {
      const { code, stdout, stderr } = await cluster.npmRun("drift");
      assert.equal(code, 0, stdout + stderr);
    });
  });
}
