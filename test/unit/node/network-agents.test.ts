import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { contentsOf, unitOf } from "../../support/fixture-cluster";
import { nodePlan } from "./plan";

const plan = nodePlan("worker-0");
const contents = contentsOf(plan);

describe("kube-proxy", () => {
  const configuration = parse(contents["/etc/kubernetes/kube-proxy/config.yaml"] ?? "") as Record<
    string,
    unknown
  >;
  it("CIS 4.3.1: shows its metrics on loopback only", () => {
    assert.equal(configuration["metricsBindAddress"], "127.0.0.1:10249");
  });
  it("answers health checks on loopback only and serves no profile", () => {
    assert.equal(configuration["healthzBindAddress"], "127.0.0.1:10256");
    assert.equal(configuration["enableProfiling"], false);
  });
  it("masquerades what does not come from a pod", () => {
    assert.equal(configuration["clusterCIDR"], "10.244.0.0/16");
  });
  it("has a configuration of root's alone", () => {
    const file = plan.files.find(({ path }) => path === "/etc/kubernetes/kube-proxy/config.yaml");
    assert.deepEqual([file?.mode, file?.owner ?? "root"], ["0600", "root"]);
  });
});

describe("kube-router", () => {
  const flags = unitOf(plan, "kube-router.service").flags();
  it("enforces policies and does nothing else", () => {
    const running = [...flags].filter(([name]) => name.startsWith("run-") || name === "enable-cni");
    assert.deepEqual(Object.fromEntries(running), {
      "enable-cni": "false",
      "run-firewall": "true",
      "run-loadbalancer": "false",
      "run-router": "false",
      "run-service-proxy": "false",
    });
  });
  it("listens nowhere", () => {
    assert.equal(flags.get("health-port"), "0");
    assert.equal(flags.get("metrics-port"), "0");
  });
  it("is there before the first pod is", () => {
    assert.ok(unitOf(plan, "kube-router.service").all("Unit", "Before").includes("kubelet.service"));
  });
});

describe("services that change the host's network", () => {
  it("are root, with the capabilities for it and no more, and write nothing but /run", () => {
    const capabilities = {
      "kube-proxy.service": "CAP_NET_ADMIN CAP_NET_RAW CAP_DAC_READ_SEARCH",
      "kube-router.service": "CAP_NET_ADMIN CAP_NET_RAW",
    };
    for (const [name, kept] of Object.entries(capabilities)) {
      const unit = unitOf(plan, name);
      assert.equal(unit.service("User"), undefined, name);
      assert.equal(unit.service("CapabilityBoundingSet"), kept, name);
      assert.equal(unit.service("ReadWritePaths"), "/run", name);
      assert.equal(unit.service("ProtectSystem"), "strict", name);
      assert.equal(unit.service("NoNewPrivileges"), "yes", name);
      assert.equal(unit.service("PrivateDevices"), "yes", name);
    }
  });
});

describe("the pod network", () => {
  it("CIS 1.1.9, 1.1.10: has a configuration that is root's alone", () => {
    const file = plan.files.find(({ path }) => path.startsWith("/etc/cni/net.d/"));
    assert.deepEqual([file?.mode, file?.owner ?? "root"], ["0600", "root"]);
  });
  it("gives pods addresses of their own node's network and hides none of them", () => {
    const { plugins } = JSON.parse(contents["/etc/cni/net.d/10-redoubt.conflist"] ?? "") as {
      plugins: { type: string; ipMasq: boolean; ipam: { ranges: { subnet: string }[][] } }[];
    };
    assert.deepEqual(
      plugins.map(({ type, ipMasq, ipam }) => [type, ipMasq, ipam.ranges.flat()[0]?.subnet]),
      [["ptp", false, "10.244.16.0/24"]],
    );
  });
  it("knows the way to the pods of every other node, and none to its own", () => {
    const routes = contents["/etc/kubernetes/pod-routes"]?.match(/^route .*$/gm);
    assert.deepEqual(routes, [
      "route replace 10.244.0.0/24 via 10.77.5.10",
      "route replace 10.244.17.0/24 via 10.77.5.33",
    ]);
  });
});
