import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { z } from "zod";
import { refuseClusterChange, type ClusterOutputs, type WantedCluster } from "../../../commands/cluster-step";
import { hostsBlock, listedHostsOf } from "../../../commands/hosts-block";
import type { ListedHost } from "../../../components/config/host-step";

const fixedSettings = {
  clusterName: "prod",
  podCidr: "10.244.0.0/16",
  serviceClusterIpRange: "10.96.0.0/16",
  clusterDomain: "cluster.local",
};
const fixedHosts = {
  "hosts.provider": "local",
  "hosts.subnet": "10.150.1.0/24",
  "hosts.adminUser": "redoubt",
};
const first: ListedHost = { name: "a", role: "control-plane" };
const second: ListedHost = { name: "b", role: "control-plane" };
const worker: ListedHost = { name: "w", role: "worker" };
const running: ClusterOutputs = { fixedSettings, fixedHosts, nodeTable: [first, second, worker] };

const step = (wanted: Partial<WantedCluster>, from = running): void => {
  refuseClusterChange(from, { fixedSettings, fixedHosts, listedHosts: undefined, ...wanted });
};
const hosts = (...listedHosts: ListedHost[]): Partial<WantedCluster> => ({ listedHosts });

describe("what a running cluster can't change", () => {
  for (const [key, value, setting] of [
    ["clusterName", "other", "clusterName"],
    ["podCidr", "10.245.0.0/16", "network.podCidr"],
    ["serviceClusterIpRange", "10.97.0.0/16", "network.serviceClusterIpRange"],
    ["clusterDomain", "example.org", "network.clusterDomain"],
  ] as const) {
    it(`is refused with what it is: ${setting}`, () => {
      const was = fixedSettings[key];
      assert.throws(
        () => {
          step({ fixedSettings: { ...fixedSettings, [key]: value } });
        },
        new RegExp(`redoubt:${setting} = "${value}": can't change.*it is ${was}\\. Fix: put ${was} back`),
      );
    });
  }

  for (const [setting, value] of [
    ["hosts.provider", "inventory"],
    ["hosts.subnet", "10.150.2.0/24"],
    ["hosts.adminUser", "ops"],
  ] as const) {
    it(`is refused where hosts would be made anew, or not be reached: ${setting}`, () => {
      assert.throws(
        () => {
          step({ fixedHosts: { ...fixedHosts, [setting]: value } });
        },
        new RegExp(`redoubt:${setting} = "${value}": can't change.*Fix: put ${fixedHosts[setting]} back`),
      );
    });
  }

  it("is not a setting that the other provider has not, nor what an older version did not tell", () => {
    step({ fixedHosts: { ...fixedHosts, "hosts.aws.region": "eu-central-1" } });
    step({ fixedHosts: { ...fixedHosts, "hosts.subnet": "10.1.1.0/24" } }, { fixedSettings });
  });

  it("is nothing before the first up, nor where the configuration can't be read", () => {
    step({ fixedSettings: { ...fixedSettings, podCidr: "10.1.0.0/16" } }, {});
    step({ fixedSettings: undefined });
  });
});

describe("hosts of an inventory", () => {
  it("come and go", () => {
    step(hosts(first, second));
    step(hosts(first, worker));
    step(hosts(first, { name: "c", role: "control-plane" }, second, worker, { name: "x", role: "worker" }));
    // It is gone for good: another one leads from now on.
    step(hosts(second, worker));
  });

  it("stay where they are as members of etcd", () => {
    const at = (host: ListedHost, address: string): ListedHost => ({ ...host, address });
    const from = { ...running, nodeTable: [at(first, "10.0.0.1"), at(worker, "10.0.0.3")] };
    step(hosts(at(first, "10.0.0.1"), at(worker, "10.0.0.4")), from);
    assert.throws(() => {
      step(hosts(at(first, "10.0.0.2"), at(worker, "10.0.0.3")), from);
    }, /hosts "a" address = "10\.0\.0\.2": was at 10\.0\.0\.1.*Fix: take a out/);
  });

  it("keep the network of their pods, written down or derived from the address", () => {
    const inventory = (...listed: object[]): Partial<WantedCluster> => ({
      listedHosts: listedHostsOf(
        hostsBlock.parse({ provider: "inventory", inventory: { hosts: listed } }),
        "10.244.0.0/16",
      ),
    });
    const from = { ...running, nodeTable: [first, { ...worker, podCidr: "10.244.3.0/24" }] };
    const at = (address: string, podCidr?: string): object => ({ ...worker, address, podCidr });
    step(inventory(first, at("192.0.2.3")), from);
    step(inventory(first, at("192.0.2.4", "10.244.3.0/24")), from);
    const refused =
      /hosts "w" podCidr = "10\.244\.4\.0\/24": was 10\.244\.3\.0\/24.*Fix: set podCidr: 10\.244\.3\.0\/24, or take w out, run up, and add it again/;
    assert.throws(() => {
      step(inventory(first, at("192.0.2.4")), from);
    }, refused);
    assert.throws(() => {
      step(inventory(first, at("192.0.2.3", "10.244.4.0/24")), from);
    }, refused);
    // Taken out, and added again; an older state does not tell.
    step(inventory(first), from);
    step(inventory(first, at("192.0.2.4")), { ...running, nodeTable: [first] });
    step(inventory(first, at("192.0.2.4")));
  });

  it("are let through where their address or the network of pods is not known", () => {
    const from = { ...running, nodeTable: [{ ...worker, podCidr: "10.244.3.0/24" }] };
    const block = (host: object): z.infer<typeof hostsBlock> =>
      hostsBlock.parse({ provider: "inventory", inventory: { hosts: [host] } });
    step({ listedHosts: listedHostsOf(block({ ...worker, address: "192.0.2.4" }), undefined) }, from);
    step({ listedHosts: listedHostsOf(block(worker), "10.244.0.0/16") }, from);
    step({ listedHosts: listedHostsOf(block({ ...worker, address: "w.example" }), "10.244.0.0/16") }, from);
  });

  it("keep their first control plane in front, wherever workers stand", () => {
    step(hosts(worker, first, second));
    assert.throws(() => {
      step(hosts(second, first, worker));
    }, /hosts = "b": comes before a, the first control plane.*Fix: list a before all other/);
  });

  it("keep their role", () => {
    assert.throws(() => {
      step(hosts(first, second, { ...worker, role: "control-plane" }));
    }, /hosts "w" = "control-plane": was a worker.*Fix: take w out and run up; then reinstall it/);
    assert.throws(() => {
      step(hosts({ ...first, role: "worker" }, second, worker));
    }, /hosts "a" = "worker": was a control-plane/);
  });

  it("are read from the configuration of an inventory, and of nothing else", () => {
    const listed = (block: object): ListedHost[] | undefined =>
      listedHostsOf(hostsBlock.parse(block), undefined);
    const inventory = { hosts: [{ ...worker, address: "192.0.2.1" }] };
    assert.deepEqual(
      listed({ provider: "inventory", inventory })?.map(({ name, role }) => ({ name, role })),
      [worker],
    );
    assert.equal(listed({ provider: "inventory", inventory: { hosts: [{ name: 1 }] } }), undefined);
    assert.equal(listed({ provider: "local", inventory }), undefined);
    assert.equal(listedHostsOf(undefined, undefined), undefined);
  });
});
