import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AllowRule, Peer } from "../../../components/network/allow-rules";
import { coverage, reach, type End } from "../../../components/network/reachability";

const podCidr = "10.244.0.0/16";
const tcp80 = { protocol: "TCP", port: 80 } as const;

const web: End = { namespace: "app", labels: { app: "web" } };
const database: End = { namespace: "app", labels: { app: "db" } };
const stranger: End = { namespace: "other", labels: {} };
const host: End = { address: "10.77.5.10" };

const appPods: Peer = { namespace: "app" };
const everywhere: Peer = { cidr: "0.0.0.0/0" };

function rule(from: Peer, to: Peer, ports: AllowRule["ports"] = [tcp80]): AllowRule {
  return { name: "rule", from, to, ports };
}

describe("what the rules let through", () => {
  it("is nothing between pods without a rule, nor between pods and hosts", () => {
    for (const [from, to] of [
      [web, database],
      [web, host],
      [host, web],
    ] as const)
      assert.equal(reach([], podCidr, from, to, tcp80), "closed");
  });

  it("is left to hosts between themselves: policies isolate pods", () => {
    assert.equal(reach([], podCidr, host, host, tcp80), "open");
  });

  it("goes by namespace, by every label of the rule, by protocol and by port", () => {
    const labelled = rule({ namespace: "app", podLabels: { app: "web" } }, appPods);
    assert.equal(reach([labelled], podCidr, web, database, tcp80), "open");
    assert.equal(reach([labelled], podCidr, database, web, tcp80), "closed");
    assert.equal(reach([labelled], podCidr, stranger, web, tcp80), "closed");
    assert.equal(reach([labelled], podCidr, web, database, { protocol: "UDP", port: 80 }), "closed");
    assert.equal(reach([labelled], podCidr, web, database, { protocol: "TCP", port: 81 }), "closed");
  });

  it("goes by address for hosts", () => {
    const toHost = rule(appPods, { cidr: "10.77.5.8/29" });
    assert.equal(reach([toHost], podCidr, web, host, tcp80), "open");
    assert.equal(reach([toHost], podCidr, web, { address: "10.77.5.16" }, tcp80), "closed");
    assert.equal(reach([rule({ cidr: "10.77.5.10/32" }, appPods)], podCidr, host, web, tcp80), "open");
  });

  it("needs a way out and a way in: a rule to everywhere lets pods out, but into no other pod", () => {
    const out = rule(appPods, everywhere);
    assert.equal(reach([out], podCidr, web, host, tcp80), "open");
    assert.equal(reach([out], podCidr, web, database, tcp80), "closed");
    const into = rule(everywhere, appPods);
    assert.equal(reach([into], podCidr, web, database, tcp80), "closed");
    assert.equal(reach([into], podCidr, host, database, tcp80), "open");
  });

  it("joins the way out by one rule and the way in by another", () => {
    const both = [rule(appPods, everywhere), rule(everywhere, appPods)];
    assert.equal(reach(both, podCidr, web, database, tcp80), "open");
    assert.equal(reach(both, podCidr, stranger, database, tcp80), "closed");
  });

  it("is unknown where a pod may or may not get an address that the rule names", () => {
    const part: Peer = { cidr: "10.244.3.0/24" };
    const rules = [rule(appPods, everywhere), rule(part, appPods)];
    assert.equal(reach(rules, podCidr, web, database, tcp80), "unknown");
    // Without a way out nothing depends on it.
    assert.equal(reach(rules.slice(1), podCidr, web, database, tcp80), "closed");
    // And not where another rule lets it in anyhow.
    assert.equal(reach([...rules, rule(appPods, appPods)], podCidr, web, database, tcp80), "open");
  });
});

describe("how much of the pod network a CIDR names", () => {
  it("is all, a part, or none", () => {
    assert.equal(coverage("0.0.0.0/0", podCidr), "all");
    assert.equal(coverage("10.244.0.0/16", podCidr), "all");
    assert.equal(coverage("10.244.128.0/17", podCidr), "part");
    assert.equal(coverage("10.244.0.1/32", podCidr), "part");
    assert.equal(coverage("10.243.0.0/16", podCidr), "none");
    assert.equal(coverage("192.168.0.0/16", podCidr), "none");
  });
});
