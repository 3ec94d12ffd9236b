import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceAccounts } from "../../../components/hosts/service-accounts";
import type { DirectorySpec } from "../../../components/plan/plan";

const users = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

function directory(role: "control-plane" | "worker", path: string): DirectorySpec | undefined {
  return serviceAccounts(role).directories?.find((candidate) => candidate.path === path);
}

describe("service accounts", () => {
  it("are a system user for each component of the control plane", () => {
    assert.deepEqual(
      serviceAccounts("control-plane").users,
      users.map((name) => ({ name, system: true })),
    );
  });

  it("are none on a worker: what runs there is root's", () => {
    const { users: workerUsers, directories = [] } = serviceAccounts("worker");
    assert.deepEqual(workerUsers ?? [], []);
    assert.ok(directories.every(({ owner, group }) => owner === undefined && group === undefined));
  });

  it("include the identity provider's, with its folder, when there is one", () => {
    const { users: withDex, directories = [] } = serviceAccounts("control-plane", { identityProvider: true });
    assert.deepEqual(withDex?.at(-1), { name: "dex", system: true });
    assert.deepEqual(
      directories.find(({ path }) => path === "/etc/dex"),
      { path: "/etc/dex", owner: "root", group: "dex", mode: "0750" },
    );
    assert.deepEqual(serviceAccounts("worker", { identityProvider: true }), serviceAccounts("worker"));
  });

  it("include metrics-server's, with its folder, when it runs", () => {
    const { users: withMetrics, directories = [] } = serviceAccounts("control-plane", {
      metricsServer: true,
    });
    assert.deepEqual(withMetrics?.at(-1), { name: "metrics-server", system: true });
    const path = "/etc/kubernetes/metrics-server";
    assert.deepEqual(
      directories.find((folder) => folder.path === path),
      { path, owner: "root", group: "metrics-server", mode: "0750" },
    );
    assert.deepEqual(serviceAccounts("worker", { metricsServer: true }), serviceAccounts("worker"));
  });

  it("have a key folder each, that they read and can't write, and nobody else enters", () => {
    const folders = {
      etcd: "/etc/etcd/pki",
      "kube-apiserver": "/etc/kubernetes/kube-apiserver",
      "kube-controller-manager": "/etc/kubernetes/kube-controller-manager",
      "kube-scheduler": "/etc/kubernetes/kube-scheduler",
    };
    for (const [user, path] of Object.entries(folders)) {
      assert.deepEqual(directory("control-plane", path), { path, owner: "root", group: user, mode: "0750" });
      assert.equal(directory("worker", path), undefined);
    }
  });

  it("CIS 1.1.19: leave /etc/kubernetes/pki to root", () => {
    for (const role of ["control-plane", "worker"] as const) {
      assert.deepEqual(directory(role, "/etc/kubernetes/pki"), { path: "/etc/kubernetes/pki" });
    }
  });

  it("keep the keys of root's components to root, on every host", () => {
    for (const role of ["control-plane", "worker"] as const) {
      for (const path of [
        "/etc/kubernetes/kube-proxy",
        "/etc/kubernetes/kube-router",
        "/var/lib/kubelet/pki",
      ]) {
        assert.deepEqual(directory(role, path), { path, mode: "0700" });
      }
    }
  });

  it("make a folder before what lies in it", () => {
    const paths = (serviceAccounts("control-plane").directories ?? []).map(({ path }) => path);
    paths.forEach((path, index) => {
      const later = paths.slice(index + 1);
      assert.ok(
        later.every((other) => !path.startsWith(`${other}/`)),
        `${path} comes before its parent`,
      );
    });
  });
});
