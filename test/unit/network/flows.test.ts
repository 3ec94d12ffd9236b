import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AllowRule } from "../../../components/network/allow-rules";
import { planFlows, type ProbePlan } from "../../../components/network/flows";

const web = { namespace: "app", podLabels: { app: "web" } };
const database = { namespace: "app", podLabels: { app: "db" } };
const webToDatabase: AllowRule = {
  name: "web-to-db",
  from: web,
  to: database,
  ports: [{ protocol: "TCP", port: 5432 }],
};

/** What the plan expects of a connection; undefined when it does not try it. */
function expected(plan: ProbePlan, from: string, to: string, port: number): string | undefined {
  const found = plan.flows.filter((flow) => flow.from === from && flow.to === to && flow.port === port);
  assert.ok(found.length <= 1, `${from} → ${to} ${port} is tried ${found.length} times`);
  return found[0]?.expected;
}

describe("the probe's flows", () => {
  it("without a rule: every namespace refuses every other, and itself", () => {
    const plan = planFlows([], ["default", "app"]);
    const flows = plan.flows.map(({ from, to, port, expected: wanted }) => [from, to, port, wanted]);
    assert.deepEqual(flows, [
      ["stranger-default", "closed-default", 10080, "closed"],
      ["stranger-default", "closed-app", 10080, "closed"],
      ["stranger-app", "closed-default", 10080, "closed"],
      ["stranger-app", "closed-app", 10080, "closed"],
    ]);
  });

  it("ask cluster DNS from every namespace", () => {
    assert.deepEqual(planFlows([], ["default", "app"]).resolvers, ["stranger-default", "stranger-app"]);
  });

  it("let a rule's own client in", () => {
    const plan = planFlows([webToDatabase], ["default", "app"]);
    assert.equal(expected(plan, "from-web-to-db", "to-web-to-db", 5432), "open");
    assert.deepEqual(plan.pods.find(({ id }) => id === "from-web-to-db")?.labels, { app: "web" });
    assert.deepEqual(plan.pods.find(({ id }) => id === "to-web-to-db")?.labels, { app: "db" });
  });

  it("refuse a stranger of the same namespace when the rule names labels", () => {
    const plan = planFlows([webToDatabase], ["default", "app"]);
    assert.equal(expected(plan, "stranger-app", "to-web-to-db", 5432), "closed");
    assert.equal(expected(plan, "stranger-default", "to-web-to-db", 5432), "closed");
  });

  it("let a stranger of the same namespace in when the rule names none, and of no other", () => {
    const rule: AllowRule = { ...webToDatabase, from: { namespace: "app" } };
    const plan = planFlows([rule], ["default", "app"]);
    assert.equal(expected(plan, "stranger-app", "to-web-to-db", 5432), "open");
    assert.equal(expected(plan, "stranger-default", "to-web-to-db", 5432), "closed");
  });

  it("refuse the stranger on a port that the rule does not name", () => {
    const everybody: AllowRule = { ...webToDatabase, from: { namespace: "app" }, to: { namespace: "app" } };
    const plan = planFlows([everybody], ["app"]);
    assert.equal(expected(plan, "stranger-app", "to-web-to-db", 5432), "open");
    assert.equal(expected(plan, "stranger-app", "closed-app", 10080), "closed");
  });

  it("know ranges of ports: both ends are in, their neighbours out", () => {
    const upTo = (port: number, endPort: number): string | undefined => {
      const ports = [{ protocol: "TCP", port, endPort }] as const;
      const rule: AllowRule = { name: "range", from: { namespace: "app" }, to: { namespace: "app" }, ports };
      return expected(planFlows([rule], ["app"]), "stranger-app", "closed-app", 10080);
    };
    assert.equal(upTo(10080, 10090), "open");
    assert.equal(upTo(10000, 10080), "open");
    assert.equal(upTo(10081, 10090), "closed");
    assert.equal(upTo(10000, 10079), "closed");
  });

  it("know that one rule's server may be open to another rule's client", () => {
    const everybody: AllowRule = { ...webToDatabase, name: "all-to-db", from: { namespace: "app" } };
    const plan = planFlows([webToDatabase, everybody], ["app"]);
    assert.equal(expected(plan, "stranger-app", "to-web-to-db", 5432), "open");
  });

  it("try every TCP port of a rule", () => {
    const ports = [80, 443].map((port) => ({ protocol: "TCP", port }) as const);
    const plan = planFlows([{ ...webToDatabase, ports }], ["app"]);
    assert.equal(expected(plan, "from-web-to-db", "to-web-to-db", 80), "open");
    assert.equal(expected(plan, "from-web-to-db", "to-web-to-db", 443), "open");
    assert.deepEqual(plan.pods.find(({ id }) => id === "to-web-to-db")?.ports, [80, 443]);
  });

  it("say of UDP that it is not probed, and probe the TCP beside it", () => {
    const ports = [
      { protocol: "TCP", port: 80 },
      { protocol: "UDP", port: 514 },
    ] as const;
    const both = planFlows([{ ...webToDatabase, ports }], ["app"]);
    assert.deepEqual(both.notProbed, [
      { rule: "web-to-db", why: "the probe opens TCP connections only, not UDP" },
    ]);
    assert.equal(expected(both, "from-web-to-db", "to-web-to-db", 80), "open");
    const only = planFlows([{ ...webToDatabase, ports: [ports[1]] }], ["app"]);
    assert.equal(only.notProbed.length, 1);
    assert.deepEqual(
      only.pods.map(({ id }) => id),
      ["closed-app", "stranger-app"],
    );
  });

  it("say of a rule from or to outside that it is not probed", () => {
    const outside = { cidr: "203.0.113.0/24" };
    for (const rule of [
      { ...webToDatabase, from: outside },
      { ...webToDatabase, to: outside },
    ]) {
      const plan = planFlows([rule], ["app"]);
      assert.deepEqual(plan.notProbed, [
        { rule: "web-to-db", why: "one side is outside the cluster, where the probe has no pod" },
      ]);
      assert.equal(plan.flows.length, 1);
    }
    assert.deepEqual(planFlows([webToDatabase], ["app"]).notProbed, []);
  });

  it("name rule and flow in words, for the error", () => {
    const words = planFlows([webToDatabase], ["app"]).flows.map(({ description }) => description);
    assert.deepEqual(words, [
      'rule "web-to-db": app/app=web → app/app=db TCP 5432 should connect',
      "app/any pod → app/any pod TCP 10080 should be refused by default deny",
      "app/any pod → app/app=db TCP 5432 should be refused by default deny",
    ]);
  });

  it("name each pod once", () => {
    const rules = [webToDatabase, { ...webToDatabase, name: "again" }];
    const ids = planFlows(rules, ["default", "app"]).pods.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});
