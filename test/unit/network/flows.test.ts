import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AllowRule, PortRange } from "../../../components/network/allow-rules";
import { planFlows, type ProbePlan } from "../../../components/network/flows";
import type { ProbedCluster } from "../../../components/network/probe-cast";
import { isHost } from "../../../components/network/reachability";

const web = { namespace: "app", podLabels: { app: "web" } };
const database = { namespace: "app", podLabels: { app: "db" } };
const webToDatabase: AllowRule = {
  name: "web-to-db",
  from: web,
  to: database,
  ports: [{ protocol: "TCP", port: 5432 }],
};

const leader = { name: "control-plane-0", address: "10.77.5.10" };
const apiServer = { cidr: "10.77.5.10/32" };

/** Two workers run pods; one control plane leads. */
function cluster(namespaces: readonly string[], differs: Partial<ProbedCluster> = {}): ProbedCluster {
  const nodes = ["worker-0", "worker-1"];
  return { namespaces, podCidr: "10.244.0.0/16", controlPlanes: [leader], nodes, ...differs };
}

/** Every flow as "from → to PROTOCOL port", with what is expected of it. */
function expectations(plan: ProbePlan): Map<string, string> {
  const name = (end: ProbePlan["flows"][number]["from"]): string => (isHost(end) ? end.name : end.id);
  const entries = plan.flows.map(({ from, to, protocol, port, expected }) => {
    return [`${name(from)} → ${name(to)} ${protocol} ${port}`, expected] as const;
  });
  assert.equal(new Map(entries).size, entries.length, "a flow is tried twice");
  return new Map(entries);
}

/** Of these flows, what is expected; undefined for one that is not tried. */
function expected(plan: ProbePlan, ...flows: string[]): (string | undefined)[] {
  const all = expectations(plan);
  return flows.map((flow) => all.get(flow));
}

/** A rule inside a namespace, for these ports. */
function within(namespace: string, ...ports: PortRange[]): AllowRule {
  return { name: "within", from: { namespace }, to: { namespace }, ports };
}

describe("the probe's flows", () => {
  it("without a rule: every namespace refuses every other, itself and the control plane, and no pod reaches the API server", () => {
    const plan = planFlows([], cluster(["default", "app"]));
    const refused = ["stranger-default", "stranger-app", "control-plane-0"].flatMap((from) =>
      ["closed-default", "closed-app"].flatMap((to) =>
        ["TCP", "UDP"].map((protocol) => `${from} → ${to} ${protocol} 10080`),
      ),
    );
    const apiServers = ["default", "app"].map((name) => `stranger-${name} → control-plane-0 TCP 6443`);
    assert.deepEqual(
      expectations(plan),
      new Map([...refused, ...apiServers].map((flow) => [flow, "closed"] as const)),
    );
  });

  it("ask cluster DNS from every namespace", () => {
    const plan = planFlows([], cluster(["default", "app"]));
    assert.deepEqual(plan.resolvers, ["stranger-default", "stranger-app"]);
  });

  it("let a rule's own client in", () => {
    const plan = planFlows([webToDatabase], cluster(["default", "app"]));
    assert.deepEqual(expected(plan, "from-web-to-db → to-web-to-db TCP 5432"), ["open"]);
    assert.deepEqual(plan.pods.find(({ id }) => id === "from-web-to-db")?.labels, { app: "web" });
    assert.deepEqual(plan.pods.find(({ id }) => id === "to-web-to-db")?.labels, { app: "db" });
  });

  it("refuse a rule's own client right beside the rule: the other protocol, the ports before and after", () => {
    const plan = planFlows([webToDatabase], cluster(["app"]));
    const beside = ["UDP 5432", "TCP 5431", "TCP 5433"].map(
      (port) => `from-web-to-db → to-web-to-db ${port}`,
    );
    assert.deepEqual(expected(plan, ...beside), ["closed", "closed", "closed"]);
  });

  it("know that what lies beside one rule may be let in by another", () => {
    const both = { ...webToDatabase, name: "both", ports: [{ protocol: "UDP", port: 5432 } as const] };
    const plan = planFlows([webToDatabase, both], cluster(["app"]));
    assert.deepEqual(expected(plan, "from-web-to-db → to-web-to-db UDP 5432"), ["open"]);
  });

  it("refuse strangers and the control plane when the rule names labels", () => {
    const plan = planFlows([webToDatabase], cluster(["default", "app"]));
    const others = ["stranger-app", "stranger-default", "control-plane-0"];
    const flows = others.map((other) => `${other} → to-web-to-db TCP 5432`);
    assert.deepEqual(expected(plan, ...flows), ["closed", "closed", "closed"]);
  });

  it("let a stranger of the same namespace in when the rule names none, and of no other", () => {
    const rule: AllowRule = { ...webToDatabase, from: { namespace: "app" } };
    const plan = planFlows([rule], cluster(["default", "app"]));
    assert.deepEqual(
      expected(
        plan,
        "stranger-app → to-web-to-db TCP 5432",
        "stranger-default → to-web-to-db TCP 5432",
        "stranger-app → closed-app TCP 10080",
      ),
      ["open", "closed", "closed"],
    );
  });

  it("try UDP as they try TCP", () => {
    const rule = { ...webToDatabase, ports: [{ protocol: "UDP", port: 514 } as const] };
    const plan = planFlows([rule], cluster(["app"]));
    assert.deepEqual(
      expected(
        plan,
        "from-web-to-db → to-web-to-db UDP 514",
        "from-web-to-db → to-web-to-db TCP 514",
        "stranger-app → to-web-to-db UDP 514",
      ),
      ["open", "closed", "closed"],
    );
    assert.deepEqual(plan.notProbed, []);
  });

  it("try both ends of a range, and both neighbours", () => {
    const plan = planFlows([within("app", { protocol: "TCP", port: 8000, endPort: 8999 })], cluster(["app"]));
    const ports = [7999, 8000, 8999, 9000].map((port) => `from-within → to-within TCP ${port}`);
    assert.deepEqual(expected(plan, ...ports), ["closed", "open", "open", "closed"]);
    assert.deepEqual(plan.pods.find(({ id }) => id === "to-within")?.ports, [8000, 8999, 7999, 9000]);
    assert.deepEqual(plan.notProbed, []);
  });

  it("have no neighbour outside of what a port can be", () => {
    const plan = planFlows([within("app", { protocol: "TCP", port: 1, endPort: 65535 })], cluster(["app"]));
    assert.deepEqual(plan.pods.find(({ id }) => id === "to-within")?.ports, [1, 65535]);
    assert.deepEqual(expected(plan, "stranger-app → closed-app TCP 10080"), ["open"]);
  });

  it("say of SCTP that it is not probed, and probe the TCP beside it", () => {
    const ports = [
      { protocol: "TCP", port: 80 },
      { protocol: "SCTP", port: 132 },
    ] as const;
    const both = planFlows([{ ...webToDatabase, ports }], cluster(["app"]));
    const why = "the probe speaks TCP and UDP, not SCTP";
    assert.deepEqual(both.notProbed, [{ rule: "web-to-db", why }]);
    assert.deepEqual(expected(both, "from-web-to-db → to-web-to-db TCP 80"), ["open"]);
    const only = planFlows([{ ...webToDatabase, ports: [ports[1]] }], cluster(["app"]));
    assert.deepEqual(only.notProbed, [{ rule: "web-to-db", why }]);
    assert.deepEqual(
      only.pods.map(({ id }) => id),
      ["closed-app", "stranger-app"],
    );
  });

  it("say of a node port that it is not probed", () => {
    const exposed: AllowRule = {
      ...webToDatabase,
      from: { cidr: "10.0.0.0/8" },
      ports: [{ protocol: "TCP", port: 5432, nodePort: 30432 }],
    };
    assert.deepEqual(planFlows([exposed], cluster(["app"])).notProbed, [
      { rule: "web-to-db", why: "the probe does not connect by node port 30432" },
    ]);
  });

  it("name rule and flow in words, for the error", () => {
    const words = planFlows([webToDatabase], cluster(["app"])).flows.map(({ description }) => description);
    for (const wanted of [
      'rule "web-to-db": app/app=web → app/app=db TCP 5432 should connect',
      "app/app=web → app/app=db UDP 5432 should be refused by default deny",
      "app/any pod → app/any pod TCP 10080 should be refused by default deny",
      "host control-plane-0 (10.77.5.10) → app/app=db TCP 5432 should be refused by default deny",
      "app/any pod → host control-plane-0 (10.77.5.10) TCP 6443 should be refused by default deny",
    ])
      assert.ok(words.includes(wanted), `${wanted}\nis not in\n${words.join("\n")}`);
  });

  it("name each pod once", () => {
    const rules = [webToDatabase, { ...webToDatabase, name: "again" }];
    const ids = planFlows(rules, cluster(["default", "app"])).pods.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe("the probe's flows between pods and hosts", () => {
  const toApiServer: AllowRule = {
    ...webToDatabase,
    to: apiServer,
    ports: [{ protocol: "TCP", port: 6443 }],
  };
  const fromLeader: AllowRule = { ...webToDatabase, from: apiServer };

  it("let a rule's client, and nobody else, reach an API server", () => {
    const plan = planFlows([toApiServer], cluster(["app"]));
    assert.deepEqual(
      expected(plan, "from-web-to-db → control-plane-0 TCP 6443", "stranger-app → control-plane-0 TCP 6443"),
      ["open", "closed"],
    );
    assert.deepEqual(plan.notProbed, []);
  });

  it("let it reach those API servers only that the rule names", () => {
    const second = { name: "control-plane-1", address: "10.77.5.11" };
    const plan = planFlows([toApiServer], cluster(["app"], { controlPlanes: [leader, second] }));
    assert.deepEqual(
      expected(
        plan,
        "from-web-to-db → control-plane-0 TCP 6443",
        "from-web-to-db → control-plane-1 TCP 6443",
        "stranger-app → control-plane-1 TCP 6443",
      ),
      ["open", undefined, "closed"],
    );
  });

  it("let the control plane in where a rule names its address", () => {
    const plan = planFlows([fromLeader], cluster(["app"]));
    assert.deepEqual(
      expected(
        plan,
        "control-plane-0 → to-web-to-db TCP 5432",
        "control-plane-0 → closed-app TCP 10080",
        "stranger-app → to-web-to-db TCP 5432",
      ),
      ["open", "closed", "closed"],
    );
    assert.deepEqual(plan.notProbed, []);
  });

  it("prove nothing by the control plane when the servers run on it, and say so: a node always reaches its own pods", () => {
    const single = cluster(["app"], { nodes: [leader.name] });
    const plan = planFlows([fromLeader], single);
    assert.deepEqual(
      [...expectations(plan).keys()].filter((flow) => flow.startsWith("control-plane-0")),
      [],
    );
    assert.deepEqual(plan.notProbed, [
      {
        rule: "default deny",
        why: "no control plane connects to pods of another node, so ingress is tried only by pods whose egress is denied too",
      },
      { rule: "web-to-db", why: "the probe has no client in 10.77.5.10/32" },
    ]);
    assert.deepEqual(planFlows([], cluster(["app"])).notProbed, []);
  });

  it("say of a rule from or to elsewhere that nobody of the probe is there, and show that strangers are refused", () => {
    const outside = { cidr: "203.0.113.0/24" };
    const from = planFlows([{ ...webToDatabase, from: outside }], cluster(["app"]));
    assert.deepEqual(from.notProbed, [
      { rule: "web-to-db", why: "the probe has no client in 203.0.113.0/24" },
    ]);
    assert.deepEqual(expected(from, "stranger-app → to-web-to-db TCP 5432"), ["closed"]);
    const to = planFlows([{ ...webToDatabase, to: outside }], cluster(["app"]));
    assert.deepEqual(to.notProbed, [{ rule: "web-to-db", why: "the probe has no server in 203.0.113.0/24" }]);
  });

  it("say of a rule to a control plane that its port is none that the probe can reach", () => {
    const plan = planFlows([{ ...toApiServer, ports: [{ protocol: "TCP", port: 443 }] }], cluster(["app"]));
    assert.deepEqual(plan.notProbed, [
      { rule: "web-to-db", why: "the probe has no server in 10.77.5.10/32" },
    ]);
  });

  it("say of a part of the pod network that it may be anybody's", () => {
    const part: AllowRule = { ...webToDatabase, from: { cidr: "10.244.7.0/24" } };
    const plan = planFlows([part], cluster(["app"]));
    assert.deepEqual(
      plan.notProbed.map(({ why }) => why),
      [
        "10.244.7.0/24 is a part of the pod network, and which pods get addresses in it is not known",
        "the probe has no client in 10.244.7.0/24",
      ],
    );
  });
});
