import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hardeningOptions, rebootTime } from "../../../components/config/hardening-options";
import { clusterLayout } from "../../../components/config/layout";
import { parseSettings } from "../../../components/config/settings";
import { updates } from "../../../components/hosts/hardening/updates";

const settings = parseSettings(
  {
    apiServer: { endpoint: "10.9.9.9" },
    hosts: { controlPlanes: 3, workers: 14 },
    hardening: { automaticReboot: true },
  },
  "test",
);
const layout = clusterLayout(settings);
const times = (role: string): string[] =>
  layout.hosts.filter((host) => host.role === role).map((host) => rebootTime(layout, host));

describe("reboots after an update", () => {
  it("take control planes one after another, so that etcd keeps its quorum", () => {
    assert.deepEqual(times("control-plane"), ["04:00", "04:20", "04:40"]);
  });

  it("take workers between them, one after another as far as a night goes", () => {
    const workers = times("worker");
    assert.deepEqual(workers.slice(0, 3), ["04:10", "04:30", "04:50"]);
    assert.equal(workers[11], "07:50");
    assert.equal(workers[12], "04:10");
    assert.equal(new Set([...workers, ...times("control-plane")]).size, 15);
  });

  it("are what the hosts are told", () => {
    const [, second] = layout.hosts;
    assert.ok(second);
    const content = updates(hardeningOptions(settings, layout, second)).files?.[0]?.content ?? "";
    assert.match(content, /^Unattended-Upgrade::Automatic-Reboot-Time "04:20";$/m);
  });
});

describe("a node port", () => {
  const network = {
    allow: [
      {
        name: "shop",
        from: { cidr: "203.0.113.0/24" },
        to: { namespace: "app", podLabels: { app: "web" } },
        ports: [
          { port: 8443, nodePort: 30443 },
          { port: 514, protocol: "UDP", nodePort: 30514 },
        ],
      },
    ],
  };
  const opened = (workers: number): Record<string, unknown> => {
    const exposed = parseSettings({ network, namespaces: [{ name: "app" }], hosts: { workers } }, "test");
    const hosts = clusterLayout(exposed);
    return Object.fromEntries(
      hosts.hosts.map((host) => [host.name, hardeningOptions(exposed, hosts, host).nodePorts?.length]),
    );
  };

  it("is open on the hosts that run pods", () => {
    assert.deepEqual(opened(1), { "control-plane-0": 0, "worker-0": 2 });
    assert.deepEqual(opened(0), { "control-plane-0": 2 });
  });
});

describe("who reaches a local machine", () => {
  const sourcesOf = (more: object): ReturnType<typeof hardeningOptions>["sources"] => {
    const local = parseSettings(more as Record<string, unknown>, "test");
    const machines = clusterLayout(local);
    const [host] = machines.hosts;
    assert.ok(host);
    return hardeningOptions(local, machines, host).sources;
  };
  const gateway = layout.localNetwork?.gateway ?? "";

  it("is the box, when nothing is said", () => {
    const { operators, apiClients } = sourcesOf({});
    assert.deepEqual({ operators, apiClients }, { operators: [gateway], apiClients: [gateway] });
  });

  it("is the box too, whoever else is let in: it could not manage the machine any more", () => {
    const { operators, apiClients } = sourcesOf({
      hosts: { operatorCidrs: ["192.0.2.0/24"] },
      apiServer: { allowedCidrs: ["198.51.100.0/24"] },
    });
    assert.deepEqual(operators, [gateway, "192.0.2.0/24"]);
    assert.deepEqual(apiClients, [gateway, "198.51.100.0/24"]);
  });
});
