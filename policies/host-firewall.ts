import { scriptRule } from "./host-script";
import { elementsOf, readRuleset, type NftChain, type NftRuleset } from "./nft";
import { isOpenNetwork } from "./open-network";
import type { Finding } from "./rule";

/** What may be accepted from everybody: answers, the host's own, and ICMP. A limit or a counter beside it changes nothing. */
const harmless: readonly RegExp[] = [
  /^ct state (?:\{ ?)?(?:established|related)(?: ?, ?(?:established|related))*(?: ?\})? accept$/,
  /^iif(?:name)? "?lo"? accept$/,
  /^(?=.*\bicmp)(?:(?:ip protocol|ip6 nexthdr|meta l4proto) (?:icmp|icmpv6|ipv6-icmp) )?(?:icmp(?:v6)? type (?:\{[^}]*\}|[\w-]+) )?accept$/,
];
const besides = /\b(?:limit rate \S+(?: burst \d+ \w+)?|counter(?: packets \d+ bytes \d+)?) /g;

/** Every address of a family, written as a range. */
const wholeRange = /^(?:0\.0\.0\.0-255\.255\.255\.255|[0:]+-(?:ffff:){7}ffff)$/i;
const networkOrRange = /^[\da-f.:]+(?:\/\d+|-[\da-f.:]+)?$/i;

const isNarrow = (network: string): boolean =>
  networkOrRange.test(network) && !isOpenNetwork(network) && !wholeRange.test(network);

/** Whether a source is some, not everybody. What this does not understand, as `!=`, is everybody. */
function isBounded(source: string, { sets }: NftRuleset): boolean {
  if (source.startsWith("{")) return elementsOf(source.slice(1, -1)).every(isNarrow);
  if (!source.startsWith("@")) return isNarrow(source);
  return sets.get(source.slice(1))?.every(isNarrow) === true;
}

const sourceMatch = /\bip6? saddr (\{[^}]*\}|\S+) /g;

function namesSource(statement: string, ruleset: NftRuleset): boolean {
  return [...statement.matchAll(sourceMatch)].some(([, source = ""]) => isBounded(source, ruleset));
}

/** A port, a range of them, or a service's name. */
const portOrRange = /^(?:\d+(?:-\d+)?|(?!vmap$)[a-z][\w-]*)$/i;
const everyPort = /^[01]-65535$/;

const isPort = (port: string): boolean => portOrRange.test(port) && !everyPort.test(port);

/** Whether it names the ports that it is about. What this does not understand, as `!=`, is every port. */
function namesPort(statement: string, { sets }: NftRuleset): boolean {
  const [, ports = ""] = /\b(?:tcp|udp|sctp|th) dport (\{[^}]*\}|\S+)/.exec(statement) ?? [];
  if (ports.startsWith("{")) return elementsOf(ports.slice(1, -1)).every(isPort);
  if (!ports.startsWith("@")) return isPort(ports);
  return sets.get(ports.slice(1))?.every(isPort) === true;
}

/** What is said of a packet by the time that it comes to a statement, there or in the chains that jumped to it. */
interface Bounds {
  readonly source: boolean;
  readonly port: boolean;
}

/** What a statement lets in from everybody or to every port, by itself or by the chain that it jumps to. */
function judgeStatement(
  statement: string,
  ruleset: NftRuleset,
  seen: readonly string[],
  before: Bounds,
): Finding[] {
  const source = before.source || namesSource(statement, ruleset);
  const port = before.port || namesPort(statement, ruleset);
  if (source && port) return [];
  const target = /\b(?:jump|goto) (\S+)/.exec(statement)?.[1];
  if (target !== undefined) return judgeJump(statement, target, ruleset, seen, { source, port });
  if (!/\b(?:accept|queue|vmap)\b/.test(statement) || statement.startsWith("policy ")) return [];
  const plain = statement.replaceAll(besides, "").replaceAll(sourceMatch, "");
  if (harmless.some((form) => form.test(plain))) return [];
  return [{ what: `${source ? "every port is open" : "everybody is let in"}: ${statement}` }];
}

function judgeJump(
  statement: string,
  target: string,
  ruleset: NftRuleset,
  seen: readonly string[],
  bounds: Bounds,
): Finding[] {
  if (seen.includes(target)) return [];
  const chains = ruleset.chains.filter(({ name }) => name === target);
  if (chains.length === 0) return [{ what: `the file does not say what it jumps to: ${statement}` }];
  return chains.flatMap(({ statements }) =>
    statements.flatMap((inner) => judgeStatement(inner, ruleset, [...seen, target], bounds)),
  );
}

const isInput = ({ statements }: NftChain): boolean =>
  statements.some((statement) => /\bhook input\b/.test(statement));

function judgeChain({ name, statements }: NftChain, ruleset: NftRuleset): Finding[] {
  const dropped = statements.includes("policy drop");
  return [
    ...(dropped ? [] : [{ what: "input is not dropped by default" }]),
    ...statements.flatMap((statement) =>
      judgeStatement(statement, ruleset, [name], { source: false, port: false }),
    ),
  ];
}

function judgeRuleset(content: string): Finding[] {
  const ruleset = readRuleset(content);
  const chains = ruleset.chains.filter(isInput);
  if (chains.length === 0) return [{ what: "it has no chain on the input hook" }];
  return [
    ...ruleset.elsewhere.map((line) => ({ what: `a rule stands outside of its chain: ${line}` })),
    ...chains.flatMap((chain) => judgeChain(chain, ruleset)),
  ];
}

/** Who may reach a host at all. */
export const hostFirewall = scriptRule(
  "plan",
  {
    id: "network-open-firewall",
    rule: "hosts drop what comes in, unless it comes to a listed port from a listed network",
    why: "whatever listens by mistake can be reached, and SSH and the API are attacked within minutes",
    source: "nft(8); Kubernetes: Ports and Protocols",
    fix: "drop by default and give every accept a port and a source (operatorCidrs, allowedCidrs)",
  },
  (script) => {
    const rulesets = script.files.filter(
      ({ path }) => path.endsWith(".nft") || path === "/etc/nftables.conf",
    );
    // A table of its own may rule what is sent or passed on; who comes in is the firewall's to say.
    const firewalls = rulesets.filter(({ content }) => /\bhook\s+input\b/.test(content));
    if (firewalls.length === 0 && script.phase === "harden") {
      return [{ what: "the hardening phase writes no firewall" }];
    }
    return firewalls.flatMap(({ path, content }) =>
      judgeRuleset(content).map((item) => ({ where: path, ...item })),
    );
  },
);
