import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clusterLayout, type ClusterLayout } from "../../../components/config/layout";
import { parseSettings } from "../../../components/config/settings";
import { awsStack } from "../../support/fixture-aws";
import { hostKey, inventoryOf } from "../../support/fixture-inventory";

const layoutOf = (hosts: object, stack = "test"): ClusterLayout =>
  clusterLayout(parseSettings({ hosts }, stack));

describe("the layout of a cluster", () => {
  it("gives every host an address, and a part of the pod network", () => {
    const { hosts, localNetwork, endpoint } = layoutOf({ subnet: "10.77.5.0/24", workers: 1 });
    assert.deepEqual(hosts, [
      { name: "control-plane-0", role: "control-plane", address: "10.77.5.10", podCidr: "10.244.0.0/24" },
      { name: "worker-0", role: "worker", address: "10.77.5.32", podCidr: "10.244.16.0/24" },
    ]);
    assert.deepEqual(localNetwork, { subnet: "10.77.5.0/24", gateway: "10.77.5.1" });
    assert.equal(endpoint, "10.77.5.10");
  });

  it("moves nobody when workers come and go", () => {
    const few = layoutOf({ workers: 2 }).hosts;
    const many = layoutOf({ workers: 7 }).hosts;
    assert.deepEqual(many.slice(0, few.length), few);
  });

  it("keeps two stacks apart, and away from pods and services", () => {
    const subnets = ["local", "dev", "staging", "test-1", "test-2"].map(
      (name) => layoutOf({}, name).localNetwork?.subnet ?? "",
    );
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

describe("the layout of an inventory", () => {
  const host = (name: string, role: string, address: string, more: object = {}): object => {
    return { name, role, address, hostKey: hostKey(name), ...more };
  };
  const layoutOfHosts = (...hosts: object[]): ClusterLayout =>
    layoutOf({ provider: "inventory", operatorCidrs: ["192.0.2.0/24"], inventory: { hosts } });

  it("is what is written down, control planes first, pods by the last byte of the address", () => {
    const layout = layoutOfHosts(
      host("beta", "worker", "192.0.2.22"),
      host("alpha", "control-plane", "192.0.2.21"),
    );
    assert.deepEqual(layout.hosts, [
      { name: "alpha", role: "control-plane", address: "192.0.2.21", podCidr: "10.244.21.0/24" },
      { name: "beta", role: "worker", address: "192.0.2.22", podCidr: "10.244.22.0/24" },
    ]);
    assert.equal(layout.endpoint, "192.0.2.21");
    assert.deepEqual(layout.podNodes, ["beta"]);
    assert.equal(layout.localNetwork, undefined);
  });

  it("moves nobody when a host before it goes", () => {
    const hosts = ["21", "22", "23"].map((last) => host(`h${last}`, "control-plane", `192.0.2.${last}`));
    const endpoint = { apiServer: { endpoint: "api.example.org" } };
    const all = clusterLayout(parseSettings({ ...endpoint, hosts: inventoryOf(hosts) }, "test"));
    const one = clusterLayout(parseSettings({ ...endpoint, hosts: inventoryOf(hosts.slice(2)) }, "test"));
    assert.deepEqual(one.hosts, all.hosts.slice(2));
  });

  it("gives the pods that are written down where two addresses end alike", () => {
    const layout = layoutOfHosts(
      host("alpha", "control-plane", "192.0.2.21"),
      host("beta", "worker", "198.51.100.21", { podCidr: "10.244.99.0/24" }),
    );
    assert.deepEqual(
      layout.hosts.map(({ podCidr }) => podCidr),
      ["10.244.21.0/24", "10.244.99.0/24"],
    );
  });
});

describe("the layout on AWS", () => {
  const layoutOfAws = (more: Parameters<typeof awsStack>[0] = {}): ClusterLayout =>
    clusterLayout(parseSettings(awsStack(more), "test"));
  const addresses = ({ hosts }: ClusterLayout): string[][] =>
    hosts.map(({ name, address, podCidr }) => [name, address, podCidr]);

  it("gives three zones a private quarter of the VPC each, and a public sixteenth; the last one is the bastion's", () => {
    const { awsNetwork, localNetwork, endpoint } = layoutOfAws();
    assert.deepEqual(awsNetwork, {
      zones: [
        { name: "eu-central-1a", privateCidr: "10.40.0.0/18", publicCidr: "10.40.192.0/20" },
        { name: "eu-central-1b", privateCidr: "10.40.64.0/18", publicCidr: "10.40.208.0/20" },
        { name: "eu-central-1c", privateCidr: "10.40.128.0/18", publicCidr: "10.40.224.0/20" },
      ],
      bastionCidr: "10.40.240.0/20",
      bastionAddress: "10.40.240.5",
    });
    assert.equal(localNetwork, undefined);
    assert.equal(endpoint, "api.example.org");
  });

  it("spreads control planes and workers over the zones by their numbers", () => {
    assert.deepEqual(addresses(layoutOfAws({ hosts: { workers: 4 } })), [
      ["control-plane-0", "10.40.0.10", "10.244.0.0/24"],
      ["control-plane-1", "10.40.64.10", "10.244.1.0/24"],
      ["control-plane-2", "10.40.128.10", "10.244.2.0/24"],
      ["worker-0", "10.40.0.32", "10.244.16.0/24"],
      ["worker-1", "10.40.64.32", "10.244.17.0/24"],
      ["worker-2", "10.40.128.32", "10.244.18.0/24"],
      ["worker-3", "10.40.0.33", "10.244.19.0/24"],
    ]);
  });

  it("fits the most hosts into the smallest VPC, each with an address of its own that AWS does not keep", () => {
    const layout = layoutOfAws({
      hosts: { controlPlanes: 5, workers: 60 },
      aws: { vpcCidr: "10.40.0.0/22" },
    });
    const last = layout.hosts.map(({ address }) => Number(address.split(".").at(-1)));
    assert.equal(new Set(layout.hosts.map(({ address }) => address)).size, 65);
    assert.ok(Math.min(...last) >= 10 && Math.max(...last) < 255);
    assert.deepEqual(
      layout.awsNetwork?.zones.map(({ privateCidr, publicCidr }) => [privateCidr, publicCidr]),
      [
        ["10.40.0.0/24", "10.40.3.0/26"],
        ["10.40.1.0/24", "10.40.3.64/26"],
        ["10.40.2.0/24", "10.40.3.128/26"],
      ],
    );
    assert.equal(layout.awsNetwork.bastionCidr, "10.40.3.192/26");
  });

  it("moves nobody when hosts come and go", () => {
    const few = layoutOfAws({ hosts: { workers: 2 } });
    const many = layoutOfAws({ hosts: { workers: 9 } });
    assert.deepEqual(many.hosts.slice(0, few.hosts.length), few.hosts);
  });

  it("hides the bastion in a private subnet when a tunnel leads to it", () => {
    const { awsNetwork } = layoutOfAws({ aws: { access: "instance-connect-endpoint" } });
    assert.deepEqual([awsNetwork?.bastionCidr, awsNetwork?.bastionAddress], [undefined, "10.40.0.5"]);
  });
});
