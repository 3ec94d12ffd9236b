import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import { leafFiles } from "../../../components/pki/host-files";
import { leafProfiles, type Delivery, type LeafProfile } from "../../../components/pki/profiles";

const profiles = leafProfiles({
  clusterDomain: "cluster.local",
  kubernetesServiceAddress: "10.96.0.1",
  endpoint: "api.example.org",
  subjectAltNames: ["k8s.example.org", "192.0.2.7", "10.0.0.10"],
  hosts: [
    { name: "cp-1", role: "control-plane", address: "10.0.0.10" },
    { name: "worker-1", role: "worker", address: "10.0.0.11" },
    { name: "worker-2", role: "worker", address: "10.0.0.12" },
  ],
});

function leaf(name: string): LeafProfile {
  const found = profiles.find((profile) => profile.name === name);
  assert.ok(found, `no leaf ${name}`);
  return found;
}

type Placed = Exclude<Delivery, { form: "output" }>;
const placed = profiles
  .map(({ delivery }) => delivery)
  .filter((delivery): delivery is Placed => delivery.form !== "output");

function pathsOf(delivery: Placed): string[] {
  return delivery.form === "files" ? [delivery.certificatePath, delivery.keyPath] : [delivery.path];
}

describe("the table of leaf certificates", () => {
  it("has a row for every server and client of a control plane and a node", () => {
    const onControlPlane = profiles.filter(({ name }) => name.endsWith("-cp-1")).map(({ name }) => name);
    assert.deepEqual(onControlPlane.sort(), [
      "etcd-healthcheck-client-cp-1",
      "etcd-peer-cp-1",
      "etcd-server-cp-1",
      "front-proxy-client-cp-1",
      "kube-apiserver-cp-1",
      "kube-apiserver-etcd-client-cp-1",
      "kube-apiserver-kubelet-client-cp-1",
      "kube-apiserver-webhook-client-cp-1",
      "kube-controller-manager-client-cp-1",
      "kube-controller-manager-server-cp-1",
      "kube-proxy-cp-1",
      "kube-router-cp-1",
      "kube-scheduler-client-cp-1",
      "kube-scheduler-server-cp-1",
      "kubelet-client-cp-1",
      "kubelet-server-cp-1",
      "super-admin-cp-1",
    ]);
    const onWorker = profiles.filter(({ name }) => name.endsWith("-worker-1")).map(({ name }) => name);
    assert.deepEqual(onWorker.sort(), [
      "kube-proxy-worker-1",
      "kube-router-worker-1",
      "kubelet-client-worker-1",
      "kubelet-server-worker-1",
    ]);
  });

  it("names every leaf once, and puts no two on one path of a host", () => {
    const names = profiles.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const paths = placed.flatMap((delivery) => pathsOf(delivery).map((path) => `${delivery.host}:${path}`));
    assert.equal(new Set(paths).size, paths.length);
  });

  it("gives servers names and clients none", () => {
    for (const { name, usages, dnsNames, ipAddresses } of profiles) {
      const serves = usages.includes("server_auth");
      assert.equal(dnsNames.length + ipAddresses.length > 0, serves, name);
      // etcd's members dial each other, and the gateway of an etcd server dials itself.
      const both = name.startsWith("etcd-server") || name.startsWith("etcd-peer");
      assert.deepEqual(
        usages,
        both ? ["server_auth", "client_auth"] : [serves ? "server_auth" : "client_auth"],
        name,
      );
    }
  });

  it("lets only the super admin into system:masters, readable by root of control planes alone", () => {
    const masters = profiles.filter(({ organization }) => organization === "system:masters");
    assert.deepEqual(
      masters.map(({ name }) => name),
      ["super-admin-cp-1"],
    );
    assert.deepEqual(masters[0]?.delivery, {
      form: "kubeconfig",
      host: "cp-1",
      reader: { user: "root", group: "root" },
      path: "/etc/kubernetes/super-admin.conf",
      server: "https://10.0.0.10:6443",
      restart: [],
    });
  });

  it("knows the API server under every name that somebody uses", () => {
    const { dnsNames, ipAddresses } = leaf("kube-apiserver-cp-1");
    assert.deepEqual(
      [...dnsNames].sort(),
      [
        "api.example.org",
        "cp-1",
        "k8s.example.org",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
      ].sort(),
    );
    assert.deepEqual(ipAddresses, ["10.96.0.1", "10.0.0.10", "127.0.0.1", "192.0.2.7"]);
  });

  it("gives a kubelet the identity of its node and no other", () => {
    for (const name of ["kubelet-client-worker-1", "kubelet-server-worker-1"]) {
      assert.equal(leaf(name).commonName, "system:node:worker-1");
      assert.equal(leaf(name).organization, "system:nodes");
    }
    assert.deepEqual(leaf("kubelet-server-worker-1").dnsNames, ["worker-1"]);
    assert.deepEqual(leaf("kubelet-server-worker-1").ipAddresses, ["10.0.0.11"]);
  });

  it("trusts nothing in etcd but members, API servers and root's health check", () => {
    const inEtcd = profiles.filter(({ authority }) => authority === "etcd-ca").map(({ name }) => name);
    assert.deepEqual(inEtcd, [
      "etcd-server-cp-1",
      "etcd-peer-cp-1",
      "etcd-healthcheck-client-cp-1",
      "kube-apiserver-etcd-client-cp-1",
    ]);
  });

  it("sends a control plane's components to the API server beside them, workers to the endpoint", () => {
    const server = (name: string): string | undefined => {
      const { delivery } = leaf(name);
      return delivery.form === "files" ? undefined : delivery.server;
    };
    assert.equal(server("kube-scheduler-client-cp-1"), "https://10.0.0.10:6443");
    assert.equal(server("kubelet-client-cp-1"), "https://10.0.0.10:6443");
    assert.equal(server("kubelet-client-worker-1"), "https://api.example.org:6443");
    assert.equal(server("admin"), "https://api.example.org:6443");
  });

  it("has readers that exist on the host, and paths in folders that are made for them", () => {
    const roles = { "cp-1": "control-plane", "worker-1": "worker", "worker-2": "worker" } as const;
    for (const [host, role] of Object.entries(roles)) {
      const { users = [], directories = [] } = serviceAccounts(role);
      const known = ["root", ...users.map(({ name }) => name)];
      const folders = directories.map(({ path }) => path);
      for (const delivery of placed.filter((candidate) => candidate.host === host)) {
        assert.ok(known.includes(delivery.reader.user), `no user ${delivery.reader.user} on ${host}`);
        for (const path of pathsOf(delivery)) {
          assert.ok(folders.includes(path.slice(0, path.lastIndexOf("/"))), `no folder for ${path}`);
        }
      }
    }
  });

  it("CIS 4.1.3, 4.1.4: gives kube-proxy a kubeconfig that is root's alone, on every node", () => {
    const identity = { clusterName: "test", issuingAuthority: "", trustedAuthorities: "" };
    for (const host of ["cp-1", "worker-1", "worker-2"]) {
      const files = leafFiles(leaf(`kube-proxy-${host}`), { certificate: "", privateKey: "" }, identity);
      assert.deepEqual(
        files.map(({ path, owner, group, mode }) => [path, owner, group, mode]),
        [["/etc/kubernetes/kube-proxy/kubeconfig", "root", "root", "0600"]],
      );
    }
  });

  it("CIS 1.1.15, 1.1.16, 1.1.17, 1.1.18: keeps the kubeconfigs of scheduler and controller manager with root", () => {
    const identity = { clusterName: "test", issuingAuthority: "", trustedAuthorities: "" };
    for (const name of ["scheduler", "controller-manager"]) {
      const files = leafFiles(
        leaf(`kube-${name}-client-cp-1`),
        { certificate: "", privateKey: "" },
        identity,
      );
      assert.deepEqual(
        files.map(({ path, owner, group, mode }) => [path, owner, group, mode]),
        [[`/etc/kubernetes/${name}.conf`, "root", "root", "0600"]],
      );
    }
  });

  it("keeps everything below /etc/kubernetes/pki with root (CIS 1.1.19)", () => {
    for (const delivery of placed) {
      if (!pathsOf(delivery).some((path) => path.startsWith("/etc/kubernetes/pki/"))) continue;
      assert.equal(delivery.reader.user, "root");
    }
  });
});

describe("the leaf certificates of the identity provider", () => {
  const withDex = leafProfiles({
    clusterDomain: "cluster.local",
    kubernetesServiceAddress: "10.96.0.1",
    endpoint: "api.example.org",
    subjectAltNames: [],
    identityProvider: true,
    hosts: [
      { name: "cp-1", role: "control-plane", address: "10.0.0.10" },
      { name: "worker-1", role: "worker", address: "10.0.0.11" },
    ],
  }).filter(({ name }) => name.startsWith("dex-"));

  it("are a server's and a client's on each control plane, read by its user", () => {
    assert.deepEqual(
      withDex.map(({ name }) => name),
      ["dex-server-cp-1", "dex-client-cp-1"],
    );
    for (const { delivery } of withDex) {
      assert.ok(delivery.form !== "output");
      assert.equal(delivery.reader.user, "dex");
    }
  });

  it("name the server as people find it, and nothing of the API server", () => {
    assert.deepEqual(withDex[0]?.dnsNames, ["api.example.org", "cp-1"]);
    assert.deepEqual(withDex[0].ipAddresses, ["10.0.0.10"]);
  });

  it("make the client a user of its own, in its own namespace, beside its API server", () => {
    assert.equal(withDex[1]?.commonName, "redoubt:dex");
    assert.equal(withDex[1].organization, "redoubt:identity-providers");
    assert.deepEqual(withDex[1].delivery, {
      form: "kubeconfig",
      host: "cp-1",
      reader: { user: "dex", group: "dex" },
      path: "/etc/dex/kubeconfig",
      server: "https://10.0.0.10:6443",
      namespace: "redoubt-dex",
      restart: ["dex.service"],
    });
  });
});

describe("the leaf certificates of metrics-server", () => {
  const own = leafProfiles({
    clusterDomain: "cluster.local",
    kubernetesServiceAddress: "10.96.0.1",
    endpoint: "api.example.org",
    subjectAltNames: [],
    metricsServer: true,
    hosts: [
      { name: "cp-1", role: "control-plane", address: "10.0.0.10" },
      { name: "worker-1", role: "worker", address: "10.0.0.11" },
    ],
  }).filter(({ name }) => name.startsWith("metrics-server-"));

  it("are a server's and a client's on each control plane, read by its user", () => {
    assert.deepEqual(
      own.map(({ name }) => name),
      ["metrics-server-server-cp-1", "metrics-server-client-cp-1"],
    );
    for (const { delivery } of own) {
      assert.ok(delivery.form !== "output");
      assert.deepEqual(delivery.reader, { user: "metrics-server", group: "metrics-server" });
      assert.deepEqual(delivery.restart, ["metrics-server.service"]);
    }
  });

  it("name the server as an APIService's caller knows it, and no host", () => {
    assert.deepEqual(own[0]?.usages, ["server_auth"]);
    assert.deepEqual(own[0].dnsNames, ["metrics-server.kube-system.svc"]);
    assert.deepEqual(own[0].ipAddresses, []);
  });

  it("make the client an ordinary user, in no group, beside its API server", () => {
    assert.deepEqual(own[1]?.usages, ["client_auth"]);
    assert.equal(own[1].commonName, "redoubt:metrics-server");
    assert.equal(own[1].organization, undefined);
    assert.equal(own[1].delivery.form, "kubeconfig");
    assert.equal(own[1].delivery.server, "https://10.0.0.10:6443");
  });
});
