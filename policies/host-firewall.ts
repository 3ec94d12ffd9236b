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

function namesSource(statement: string, ruleset: NftRuleset): boolean {
  const sources = [...statement.matchAll(/\bip6? saddr (\{[^}]*\}|\S+)/g)].map(([, source = ""]) => source);
  return sources.some((source) => isBounded(source, ruleset));
}

/** What a statement lets in from everybody, by itself or by the chain that it jumps to. */
function judgeStatement(statement: string, ruleset: NftRuleset, seen: readonly string[]): Finding[] {
  if (namesSource(statement, ruleset)) return [];
  const target = /\b(?:jump|goto) (\S+)/.exec(statement)?.[1];
  if (target !== undefined) return judgeJump(statement, target, ruleset, seen);
  if (!/\b(?:accept|queue|vmap)\b/.test(statement)) return [];
  const plain = statement.replaceAll(besides, "");
  return harmless.some((form) => form.test(plain)) || statement.startsWith("policy ")
    ? []
    : [{ what: `everybody is let in: ${statement}` }];
}

function judgeJump(
  statement: string,
  target: string,
  ruleset: NftRuleset,
  seen: readonly string[],
): Finding[] {
  if (seen.includes(target)) return [];
  const chains = ruleset.chains.filter(({ name }) => name === target);
  if (chains.length === 0) return [{ what: `the file does not say what it jumps to: ${statement}` }];
  return chains.flatMap(({ statements }) =>
    statements.flatMap((inner) => judgeStatement(inner, ruleset, [...seen, target])),
  );
}

const isInput = ({ statements }: NftChain): boolean =>
  statements.some((statement) => /\bhook input\b/.test(statement));

function judgeChain({ name, statements }: NftChain, ruleset: NftRuleset): Finding[] {
  const dropped = statements.includes("policy drop");
  return [
    ...(dropped ? [] : [{ what: "input is not dropped by default" }]),
    ...statements.flatMap((statement) => judgeStatement(statement, ruleset, [name])),
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
    fix: "drop by default and give every accepted port a source (operatorCidrs, allowedCidrs)",
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
