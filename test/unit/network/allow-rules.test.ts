import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allowRuleManifests, type AllowRule } from "../../../components/network/allow-rules";

const web = { namespace: "app", podLabels: { app: "web" } };
const database = { namespace: "data", podLabels: { app: "db" } };
const outside = { cidr: "203.0.113.0/24" };
const tcp = (port: number, endPort?: number): AllowRule["ports"] => [{ protocol: "TCP", port, endPort }];

const selects = (namespace: string, labels?: Record<string, string>): object => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  podSelector: labels === undefined ? {} : { matchLabels: labels },
});

describe("an allow rule", () => {
  it("opens both sides, because both are denied: in at the destination, out at the source", () => {
    const rule: AllowRule = { name: "web-to-db", from: web, to: database, ports: tcp(5432) };
    assert.deepEqual(allowRuleManifests(rule), [
      {
        name: "allow-web-to-db-ingress",
        namespace: "data",
        rule: "web-to-db",
        spec: {
          podSelector: { matchLabels: { app: "db" } },
          policyTypes: ["Ingress"],
          ingress: [{ from: [selects("app", { app: "web" })], ports: [{ protocol: "TCP", port: 5432 }] }],
        },
      },
      {
        name: "allow-web-to-db-egress",
        namespace: "app",
        rule: "web-to-db",
        spec: {
          podSelector: { matchLabels: { app: "web" } },
          policyTypes: ["Egress"],
          egress: [{ to: [selects("data", { app: "db" })], ports: [{ protocol: "TCP", port: 5432 }] }],
        },
      },
    ]);
  });

  it("selects namespace and pods together: never every namespace with such pods, nor every pod of it", () => {
    const rule: AllowRule = { name: "rule", from: web, to: database, ports: tcp(80) };
    const [ingress] = allowRuleManifests(rule);
    const peers = ingress?.spec.ingress?.flatMap(({ from = [] }) => from);
    assert.equal(peers?.length, 1);
    assert.deepEqual(Object.keys(peers[0] ?? {}).sort(), ["namespaceSelector", "podSelector"]);
  });

  it("from outside opens the destination only", () => {
    const rule: AllowRule = { name: "public", from: outside, to: web, ports: tcp(8080) };
    const [ingress, ...others] = allowRuleManifests(rule);
    assert.deepEqual(others, []);
    assert.equal(ingress?.namespace, "app");
    assert.deepEqual(ingress.spec.policyTypes, ["Ingress"]);
    assert.deepEqual(ingress.spec.ingress?.[0]?.from, [{ ipBlock: { cidr: "203.0.113.0/24" } }]);
  });

  it("to outside opens the source only", () => {
    const rule: AllowRule = { name: "mail", from: web, to: outside, ports: tcp(25) };
    const [egress, ...others] = allowRuleManifests(rule);
    assert.deepEqual(others, []);
    assert.equal(egress?.namespace, "app");
    assert.deepEqual(egress.spec.policyTypes, ["Egress"]);
    assert.deepEqual(egress.spec.egress?.[0]?.to, [{ ipBlock: { cidr: "203.0.113.0/24" } }]);
  });

  it("without labels means every pod of the namespace, and of no other", () => {
    const rule: AllowRule = {
      name: "all",
      from: { namespace: "app" },
      to: { namespace: "app" },
      ports: tcp(80),
    };
    for (const { spec } of allowRuleManifests(rule)) {
      assert.deepEqual(spec.podSelector, {});
      const peers = [
        ...(spec.ingress ?? []).map(({ from }) => from),
        ...(spec.egress ?? []).map(({ to }) => to),
      ];
      assert.deepEqual(peers, [[selects("app")]]);
    }
  });

  it("always names ports: a rule without them would open all", () => {
    const rule: AllowRule = { name: "rule", from: web, to: database, ports: tcp(9000, 9010) };
    for (const { spec } of allowRuleManifests(rule)) {
      const ports = [...(spec.ingress ?? []), ...(spec.egress ?? [])].map((opened) => opened.ports);
      assert.deepEqual(ports, [[{ protocol: "TCP", port: 9000, endPort: 9010 }]]);
    }
  });
});
