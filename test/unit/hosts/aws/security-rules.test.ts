import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  balancedPorts,
  securityRules,
  type GroupName,
  type Peer,
  type SecurityRule,
  type SecurityRulesOptions,
} from "../../../../components/hosts/aws/security-rules";
import { portTable } from "../../../../components/plan/ports";

const options: SecurityRulesOptions = {
  features: [],
  apiClients: ["198.51.100.7/32"],
  operators: ["203.0.113.0/28"],
  podCidr: "10.244.0.0/16",
  nodePorts: [],
  hasWorkers: true,
  access: "bastion",
};

const peerText = (peer: Peer): string =>
  "group" in peer ? peer.group : "cidr" in peer ? peer.cidr : `NAT gateway ${peer.natGateway}`;
const text = ({ name, protocol, port, peer, direction }: SecurityRule): string =>
  `${name} ${protocol} ${port ?? "-"} ${direction === "in" ? "from" : "to"} ${peerText(peer)}`;

function table(group: GroupName, changed: Partial<SecurityRulesOptions> = {}): string[] {
  return securityRules({ ...options, ...changed })
    .filter((rule) => rule.group === group)
    .map(text);
}

const isOpenToAll = ({ peer, direction }: SecurityRule): boolean =>
  direction === "in" && "cidr" in peer && peer.cidr === "0.0.0.0/0";

describe("the security groups of a cluster", () => {
  it("let control planes be reached as the port table says, and for cluster DNS", () => {
    assert.deepEqual(table("control-planes"), [
      "ssh tcp 22 from bastion",
      "kube-apiserver tcp 6443 from load-balancer",
      "kube-apiserver tcp 6443 from control-planes",
      "kube-apiserver tcp 6443 from workers",
      "kube-apiserver tcp 6443 from 10.244.0.0/16",
      "etcd-client tcp 2379 from control-planes",
      "etcd-peer tcp 2380 from control-planes",
      "kubelet tcp 10250 from control-planes",
      "dns-tcp tcp 1053 from 10.244.0.0/16",
      "dns-udp udp 1053 from 10.244.0.0/16",
      "dns-tcp tcp 1053 from control-planes",
      "dns-udp udp 1053 from control-planes",
      "dns-tcp tcp 1053 from workers",
      "dns-udp udp 1053 from workers",
      "all all - to 0.0.0.0/0",
    ]);
  });

  it("let workers be reached as the port table says, and their pods by pods and hosts", () => {
    assert.deepEqual(table("workers"), [
      "ssh tcp 22 from bastion",
      "kubelet tcp 10250 from control-planes",
      "pods all - from 10.244.0.0/16",
      "pods all - from control-planes",
      "pods all - from workers",
      "all all - to 0.0.0.0/0",
    ]);
  });

  it("let the load balancer be reached by the allow list and hosts, and reach control planes only", () => {
    assert.deepEqual(table("load-balancer"), [
      "kube-apiserver tcp 6443 from 198.51.100.7/32",
      "kube-apiserver tcp 6443 from control-planes",
      "kube-apiserver tcp 6443 from workers",
      "kube-apiserver tcp 6443 to control-planes",
    ]);
  });

  it("let the bastion be reached by operators, and reach SSH of hosts and Debian's mirrors only", () => {
    assert.deepEqual(table("bastion"), [
      "ssh tcp 22 from 203.0.113.0/28",
      "ssh tcp 22 to control-planes",
      "ssh tcp 22 to workers",
      "updates-80 tcp 80 to 0.0.0.0/0",
      "updates-443 tcp 443 to 0.0.0.0/0",
    ]);
    assert.deepEqual(table("tunnel-endpoint"), []);
  });

  it("let no network reach the bastion behind an endpoint, which itself reaches nothing else", () => {
    const access = { access: "instance-connect-endpoint" } as const;
    assert.deepEqual(
      table("bastion", access).filter((line) => line.includes(" from ")),
      ["ssh tcp 22 from tunnel-endpoint"],
    );
    assert.deepEqual(table("tunnel-endpoint", access), ["ssh tcp 22 to bastion"]);
  });

  it("know hosts by the gateways that they come from where the load balancer faces the internet", () => {
    assert.deepEqual(table("load-balancer", { publicBehindNatGateways: 2 }), [
      "kube-apiserver tcp 6443 from 198.51.100.7/32",
      "kube-apiserver tcp 6443 from NAT gateway 0",
      "kube-apiserver tcp 6443 from NAT gateway 1",
      "kube-apiserver tcp 6443 to control-planes",
    ]);
  });

  it("open what the identity provider needs where there is one, at the load balancer too", () => {
    const lines = (group: GroupName): string[] =>
      table(group, { features: ["identityProvider"] }).filter((line) => line.startsWith("dex "));
    assert.deepEqual(lines("control-planes"), [
      "dex tcp 5556 from load-balancer",
      "dex tcp 5556 from control-planes",
    ]);
    assert.deepEqual(lines("load-balancer"), [
      "dex tcp 5556 from 198.51.100.7/32",
      "dex tcp 5556 from control-planes",
      "dex tcp 5556 from workers",
      "dex tcp 5556 to control-planes",
    ]);
    assert.deepEqual(
      balancedPorts([]).map(({ port }) => port),
      [6443],
    );
  });

  it("let clients of a node port reach the hosts that run pods, and no other", () => {
    const nodePorts = [{ name: "shop", protocol: "tcp", nodePort: 30443, cidr: "198.51.100.0/24" }] as const;
    const line = "shop-tcp-30443 tcp 30443 from 198.51.100.0/24";
    assert.ok(table("workers", { nodePorts }).includes(line));
    assert.ok(!table("control-planes", { nodePorts }).includes(line));
    assert.ok(table("control-planes", { nodePorts, hasWorkers: false }).includes(line));
  });

  it("let pods reach control planes where those run all pods", () => {
    const lines = table("control-planes", { hasWorkers: false });
    assert.ok(lines.includes("pods all - from 10.244.0.0/16"));
    assert.ok(!lines.some((line) => line.startsWith("dns-")));
    assert.ok(!table("workers", { hasWorkers: false }).some((line) => line.startsWith("pods ")));
  });

  it("hold every rule of the port table: none is only in the host firewall", () => {
    const rules = securityRules({ ...options, features: ["identityProvider"] });
    for (const { name, port, on, from } of portTable) {
      for (const role of from.length === 0 ? [] : on) {
        const group = role === "worker" ? "workers" : "control-planes";
        assert.ok(
          rules.some((rule) => rule.group === group && rule.name === name && rule.port === port),
          `${name} on ${group}`,
        );
      }
    }
  });

  it("let nobody in from everywhere, unless the allow list says so", () => {
    assert.deepEqual(securityRules(options).filter(isOpenToAll), []);
    assert.deepEqual(
      securityRules({ ...options, apiClients: ["0.0.0.0/0"] })
        .filter(isOpenToAll)
        .map((rule) => `${rule.group}: ${text(rule)}`),
      ["load-balancer: kube-apiserver tcp 6443 from 0.0.0.0/0"],
    );
  });
});
