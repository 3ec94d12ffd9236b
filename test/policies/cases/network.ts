import { unknown, type TestResource } from "../judge";
import { command, replace, scripts, type Edit } from "../scripts";
import { furtherInputs, furtherScripts, inputCases, scriptCases, type CaseTable } from "./cases";

const networkPolicy = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const web = { metadata: { name: "web", namespace: "app" } };
const podSelector = { matchLabels: { app: "web" } };
const from = (...peers: readonly object[]): Record<string, unknown> => ({
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

const firstDoor = "\t\tct state established,related accept\n";

/** Says something more in the input chain. */
const inChain = (...lines: readonly string[]): Edit =>
  replace(firstDoor, firstDoor + lines.map((line) => `\t\t${line}\n`).join(""));
/** Says something more in the table, before its chains. */
const inTable = (text: string): Edit => replace("\tchain input {", `${text}\tchain input {`);
/** A chain that is jumped to from the input chain. */
const jumpTo = (chain: string, jump: string): Edit => {
  const before = inTable(chain);
  const after = inChain(jump);
  return (script) => after(before(script));
};
const anySsh = "\tchain doors {\n\t\ttcp dport 22 accept\n\t}\n";

/** Rules on network policies and the host firewall. */
export const networkTable: CaseTable = {
  "network-open-policy": {
    alsoBad: furtherInputs(networkPolicy, {
      "a prefix of no bits on any base": from({ ipBlock: { cidr: "10.0.0.0/0" } }),
      "a prefix of no bits in IPv6, with a zero too many": from({ ipBlock: { cidr: "1::/00" } }),
    }),
    ...inputCases(networkPolicy, {
      good: { ...from({ podSelector: { matchLabels: { app: "db" } } }) },
      nearGood: { ...from({ ipBlock: { cidr: "0.0.0.0/1" } }) },
      nearBad: { ...from({ podSelector: {} }, { ipBlock: { cidr: "::/0" } }) },
      bad: { ...web, spec: { podSelector, policyTypes: ["Ingress"], ingress: [{}] } },
      unknown: { ...web, spec: { podSelector, ingress: unknown } },
    }),
  },
  "network-open-firewall": {
    alsoGood: furtherScripts("harden", {
      "a source in braces": inChain("ip saddr { 10.0.0.0/8, 10.1.2.3-10.1.2.9 } tcp dport 9100 accept"),
      "a source of one address": inChain(
        'ip saddr 10.0.0.1 tcp dport 9100 accept comment "everything { from } one; host"',
      ),
      "ports in braces, and a range of them": inChain(
        "ip saddr 10.0.0.1 tcp dport { ssh, 9100, 30000-32767 } accept",
      ),
      "ports of a set": jumpTo(
        "\tset doors {\n\t\ttype inet_service\n\t\telements = { 22, 9100 }\n\t}\n",
        "ip saddr @operators tcp dport @doors accept",
      ),
      "what is harmless, from somebody": inChain("ip saddr @operators icmp type echo-request accept"),
      "a limit and a counter beside what is harmless": inChain(
        "meta l4proto icmpv6 limit rate 5/second counter accept",
      ),
      "a jump with a source": jumpTo(anySsh, "ip saddr @operators jump doors"),
      "a jump to a chain that names sources": jumpTo(
        "\tchain doors {\n\t\tip saddr @operators tcp dport 22 accept\n\t}\n",
        "jump doors",
      ),
      "a jump with a port, to a chain that names sources": jumpTo(
        "\tchain doors {\n\t\tip saddr @operators accept\n\t}\n",
        "tcp dport 22 jump doors",
      ),
      "a chain that nothing jumps to": inTable(anySsh),
    }),
    alsoBad: furtherScripts("harden", {
      "a set that names everybody beside somebody": replace(
        "elements = { 10.77.5.1 }",
        "elements = { 10.77.5.1, 0.0.0.0/0 }",
      ),
      "a protocol from somebody, without a port": inChain("ip saddr @operators meta l4proto tcp accept"),
      "every port, from somebody, as a range": inChain("ip saddr @operators tcp dport 0-65535 accept"),
      "every port, in braces": inChain("ip saddr @operators tcp dport { 22, 1-65535 } accept"),
      "every port but one": inChain("ip saddr @operators tcp dport != 22 accept"),
      "ports of a set that the file does not have": inChain("ip saddr @operators tcp dport @doors accept"),
      "a source port": inChain("ip saddr @operators tcp sport 53 accept"),
      "every port behind a jump with a source": jumpTo(
        "\tchain doors {\n\t\taccept\n\t}\n",
        "ip saddr @operators jump doors",
      ),
      "everything, without a port": inChain("accept"),
      "a protocol, without a port": inChain("meta l4proto tcp accept"),
      "an interface that is not loopback": inChain("iifname lo0 accept"),
      "new connections": inChain("ct state established,new accept"),
      "everything but one kind of ICMP": inChain("icmp type != echo-request tcp dport 22 accept"),
      "a set that names everybody by another base": replace(
        "elements = { 10.77.5.1 }",
        "elements = { 10.77.5.1, 10.0.0.0/00 }",
      ),
      "a set whose elements stand on lines of their own": replace(
        "elements = { 10.77.5.1 }",
        "elements = {\n\t\t\t10.77.5.1,\n\t\t\t0.0.0.0/0\n\t\t}",
      ),
      "an element that is added later": inTable(
        "}\nadd element inet redoubt operators { 0.0.0.0/0 }\ntable inet redoubt {\n",
      ),
      "everybody in braces": inChain("ip saddr { 0.0.0.0/0 } tcp dport 22 accept"),
      "everybody as a range": inChain("ip saddr 0.0.0.0-255.255.255.255 tcp dport 22 accept"),
      "everybody but a network": inChain("ip saddr != 10.0.0.0/8 tcp dport 22 accept"),
      "everybody but a set": inChain("ip saddr != @operators tcp dport 22 accept"),
      "a set that the file does not have": inChain("ip saddr @partners tcp dport 22 accept"),
      "an open door behind a jump": jumpTo(anySsh, "ct state new jump doors"),
      "a jump out of the file": inChain("jump elsewhere"),
      "a map of verdicts": inChain("tcp dport vmap { 22 : accept }"),
      "two statements on a line": inChain("ip saddr @operators tcp dport 22 accept; tcp dport 23 accept"),
      "a rule that is added outside of its chain": inTable(
        "}\nadd rule inet redoubt input tcp dport 22 accept\ntable inet redoubt {\n",
      ),
      "a second chain on input": inTable(
        "\tchain late {\n\t\ttype filter hook input priority 10; policy drop;\n\t\ttcp dport 22 accept\n\t}\n",
      ),
    }),
    ...scriptCases("harden", {
      nearGood: replace("elements = { 10.77.5.1 }", "elements = { 0.0.0.0/1 }"),
      nearBad: inChain("ip saddr 10.0.0.1 accept"),
      bad: replace(
        "hook input priority filter + 10; policy drop;",
        "hook input priority filter + 10; policy accept;",
      ),
    }),
  },
  "network-default-deny": {
    alsoGood: [
      {
        title: "a policy that leaves its direction to the API, which takes it as Ingress",
        resources: [
          namespace("app"),
          policy("in", { podSelector: {} }),
          policy("out", { podSelector: {}, policyTypes: ["Egress"] }),
        ],
      },
    ],
    alsoBad: [
      {
        title: "Egress that no policy names",
        resources: [namespace("app"), policy("in", { podSelector: {} })],
      },
    ],
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
