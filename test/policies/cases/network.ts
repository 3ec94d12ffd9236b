import { unknown, type TestResource } from "../judge";
import { command, replace, scripts } from "../scripts";
import { inputCases, scriptCases, type CaseTable } from "./cases";

const networkPolicy = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const web = { metadata: { name: "web", namespace: "app" } };
const podSelector = { matchLabels: { app: "web" } };
const from = (...peers: readonly object[]): object => ({
  ...web,
  spec: { podSelector, policyTypes: ["Ingress"], ingress: [{ from: peers, ports: [{ port: 80 }] }] },
});

const namespace = (name: string): TestResource => ({
  type: "kubernetes:core/v1:Namespace",
  name: `network-${name}`,
  inputs: { metadata: { name } },
});

function policy(name: string, spec: object, of = "app"): TestResource {
  return {
    type: networkPolicy,
    name: `network-${of}-${name}`,
    inputs: { metadata: { name, namespace: of }, spec },
  };
}

const both = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
const deny = policy("deny", both);
const toDns = { namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
const dnsBy = (...protocols: readonly string[]): TestResource =>
  policy("dns", {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ to: [toDns], ports: protocols.map((protocol) => ({ protocol, port: 1053 })) }],
  });

/** Rules on network policies and the host firewall. */
export const networkTable: CaseTable = {
  "network-open-policy": inputCases(networkPolicy, {
    good: { ...from({ podSelector: { matchLabels: { app: "db" } } }) },
    nearGood: { ...from({ ipBlock: { cidr: "0.0.0.0/1" } }) },
    nearBad: { ...from({ podSelector: {} }, { ipBlock: { cidr: "::/0" } }) },
    bad: { ...web, spec: { podSelector, policyTypes: ["Ingress"], ingress: [{}] } },
    unknown: { ...web, spec: { podSelector, ingress: unknown } },
  }),
  "network-open-firewall": scriptCases("harden", {
    nearGood: replace("elements = { 10.77.5.1 }", "elements = { 0.0.0.0/1 }"),
    nearBad: replace("elements = { 10.77.5.1 }", "elements = { 10.77.5.1, 0.0.0.0/0 }"),
    bad: replace("hook input priority filter; policy drop;", "hook input priority filter; policy accept;"),
  }),
  "network-default-deny": {
    good: [namespace("app"), deny],
    // Two policies, one for each direction, deny as well as one.
    nearGood: [
      namespace("app"),
      policy("in", { podSelector: {}, policyTypes: ["Ingress"] }),
      policy("out", { podSelector: { matchLabels: {} }, policyTypes: ["Egress"], egress: [] }),
    ],
    nearBad: [namespace("app"), policy("deny", { ...both, podSelector })],
    bad: [namespace("app"), policy("deny", both, "other")],
    unknown: [namespace("app"), policy("deny", { podSelector: {}, policyTypes: unknown })],
  },
  "network-dns": {
    good: [namespace("app"), deny, dnsBy("UDP", "TCP")],
    // Where egress is open nothing need be allowed.
    nearGood: [namespace("app"), policy("deny", { podSelector: {}, policyTypes: ["Ingress"] })],
    nearBad: [namespace("app"), deny, dnsBy("UDP")],
    bad: [command("ApplyPlan", scripts.controlPlane)],
    unknown: [
      namespace("app"),
      deny,
      policy("dns", { podSelector: {}, policyTypes: ["Egress"], egress: unknown }),
    ],
  },
};
