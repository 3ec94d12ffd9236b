import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clusterLayout, type ClusterLayout } from "../../../components/config/layout";
import { parseSettings } from "../../../components/config/settings";

const layoutOf = (hosts: object, stack = "test"): ClusterLayout =>
  clusterLayout(parseSettings({ hosts }, stack));

describe("the layout of a cluster", () => {
  it("gives every host an address, and a part of the pod network", () => {
    const { hosts, gateway, endpoint } = layoutOf({ subnet: "10.77.5.0/24", workers: 1 });
    assert.deepEqual(hosts, [
      { name: "control-plane-0", role: "control-plane", address: "10.77.5.10", podCidr: "10.244.0.0/24" },
      { name: "worker-0", role: "worker", address: "10.77.5.32", podCidr: "10.244.16.0/24" },
    ]);
    assert.deepEqual([gateway, endpoint], ["10.77.5.1", "10.77.5.10"]);
  });

  it("moves nobody when workers come and go", () => {
    const few = layoutOf({ workers: 2 }).hosts;
    const many = layoutOf({ workers: 7 }).hosts;
    assert.deepEqual(many.slice(0, few.length), few);
  });

  it("keeps two stacks apart, and away from pods and services", () => {
    const subnets = ["local", "dev", "staging", "test-1", "test-2"].map((name) => layoutOf({}, name).subnet);
    assert.equal(new Set(subnets).size, subnets.length);
    for (const subnet of subnets) {
      const second = Number(subnet.split(".")[1]);
      assert.ok(second >= 128 && second < 224, subnet);
    }
  });

  it("puts the service addresses where Kubernetes and its users expect them", () => {
    const layout = layoutOf({});
    assert.equal(layout.kubernetesServiceAddress, "10.96.0.1");
    assert.equal(layout.dnsServiceAddress, "10.96.0.10");
  });
});
