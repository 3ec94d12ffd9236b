/** A chain of a ruleset. */
export interface NftChain {
  readonly name: string;
  /** Each on one line, without its comment. */
  readonly statements: readonly string[];
}

/** What a file for `nft -f` says (nft(8)). */
export interface NftRuleset {
  readonly chains: readonly NftChain[];
  /** Elements by the name of their set; sets of one name in several tables are taken together. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  /** Lines that stand outside of chains and say what is in them: rules added one by one, other files. */
  readonly elsewhere: readonly string[];
}

interface Block {
  readonly name: string;
  readonly body: string;
}

/** The text without comments; what stands in other quotes becomes one word. */
function bare(content: string): string {
  return content
    .replaceAll(/\\\n/g, " ")
    .replaceAll(/(\bcomment\s+)?("[^"\n]*")|#.*$/gm, (_all, comment?: string, quoted?: string) =>
      comment === undefined && quoted !== undefined ? quoted.replaceAll(/[{};\s]/g, "_") : "",
    );
}

/** What follows an opening brace, up to the one that closes it. */
function untilClosed(text: string, from: number): string {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}") depth -= 1;
    if (depth === 0) return text.slice(from, at);
  }
  return text.slice(from);
}

/** Blocks as `chain input {`, and as `chain inet redoubt input {`, which commands write. */
function blocks(text: string, keyword: string): Block[] {
  const heads = text.matchAll(new RegExp(`\\b${keyword}\\s+(?:[^\\s{]+\\s+){0,2}?([^\\s{]+)\\s*\\{`, "g"));
  return [...heads].map((head) => ({
    name: head[1] ?? "",
    body: untilClosed(text, head.index + head[0].length),
  }));
}

/** A chain's statements end with a line or a semicolon, but for those in braces. */
function statementsOf(body: string): string[] {
  return body
    .replaceAll(/\{[^{}]*\}/g, (inner) => inner.replaceAll(/[\n;]/g, " "))
    .split(/[\n;]/)
    .map((statement) => statement.trim().replaceAll(/\s+/g, " "))
    .filter((statement) => statement !== "");
}

/** Elements of a set, without what may stand behind one, as its timeout. */
export function elementsOf(body: string): string[] {
  return body
    .split(",")
    .map((element) => element.trim().split(/\s/)[0] ?? "")
    .filter((element) => element !== "");
}

function setsOf(text: string): Map<string, readonly string[]> {
  const declared = blocks(text, "set").map(({ name, body }) => ({
    name,
    body: /\belements\s*=\s*\{([^}]*)\}/.exec(body)?.[1] ?? "",
  }));
  const sets = new Map<string, readonly string[]>();
  for (const { name, body } of [...declared, ...blocks(text, "element")]) {
    sets.set(name, [...(sets.get(name) ?? []), ...elementsOf(body)]);
  }
  return sets;
}

/** Reads a file for `nft -f`. */
export function readRuleset(content: string): NftRuleset {
  const text = bare(content);
  const elsewhere = text.matchAll(/^[ \t]*((?:(?:add|insert|replace|create)\s+)?rule\s.*|include\s.*)$/gm);
  return {
    chains: blocks(text, "chain").map(({ name, body }) => ({ name, statements: statementsOf(body) })),
    sets: setsOf(text),
    elsewhere: [...elsewhere].map(([, line = ""]) => line.trim()),
  };
}
