import { secretMark } from "./secret-mark";

/** Whether what is called so is a secret. */
type IsSecretName = (name: string) => boolean;

/** A field of YAML on a line of its own. */
interface Field {
  /** Column of its name: fields of one object share it. */
  readonly column: number;
  readonly name: string;
  /** Where on the line its value begins, blanks skipped. */
  readonly valueAt: number;
  /** The rest of the line, without a comment where it is only that. */
  readonly value: string;
}

const fieldPattern = /^([ \t]*)((?:- )*)["']?([\w./-]+)["']?:(?=\s|$)[ \t]*(.*?)\s*$/;
/** A tag or an anchor, then what begins a block scalar, or nothing (YAML 1.2.2, 6.9 and 8.1). */
const blockBegin = /^(?:[!&]\S+\s*)*([|>][-+\d]*)?\s*(?:#.*)?$/;
const listItem = /^\s*- /;
const unfilled = /^["']?\$[({]/;

function fieldOf(line: string): Field | undefined {
  const match = fieldPattern.exec(line);
  if (match === null) return undefined;
  const [, blanks = "", dashes = "", name = "", value = ""] = match;
  const valueAt = value === "" ? line.trimEnd().length : line.lastIndexOf(value);
  return { column: blanks.length + dashes.length, name, valueAt, value };
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const isBlank = (line: string): boolean => line.trim() === "";

/** The lines of a value that begins below its field: from the first that says something to the last that does. */
function blockBelow(
  lines: readonly string[],
  at: number,
  indent: number,
): [from: number, to: number] | undefined {
  let [from, to]: [number | undefined, number] = [undefined, at];
  for (let index = at + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (isBlank(line)) continue;
    if (indentOf(line) <= indent) break;
    from ??= index;
    to = index;
  }
  return from === undefined ? undefined : [from, to];
}

/** Whether a line beside a `value:` says that it is the value of a secret, as in the `env` of a container. */
function isNamedSecret(
  lines: readonly string[],
  at: number,
  column: number,
  isSecretName: IsSecretName,
): boolean {
  return [at - 1, at + 1].some((index) => {
    const field = fieldOf(lines[index] ?? "");
    if (field?.name !== "name" || field.column !== column) return false;
    return isSecretName(field.value.replace(/\s+#.*$/, "").replace(/^["']|["']$/g, ""));
  });
}

/** The text in quotes whole, else all of it; undefined for what is no text, or is yet to be filled in. */
function hiddenValue(value: string, whole: boolean): string | undefined {
  if (unfilled.test(value) || /^[{[]/.test(value) || value.includes(secretMark)) return undefined;
  const [, quote] = /^(["']).{8,}\1\s*(?:#.*)?$/.exec(value) ?? /^(["']).*\1$/.exec(whole ? value : "") ?? [];
  if (quote !== undefined) return `${quote}${secretMark}${quote}`;
  return whole ? secretMark : undefined;
}

const carriageReturn = (line: string): string => (line.endsWith("\r") ? "\r" : "");

/** Hides a value that begins below its field; `isText` says that it is one even where it looks like an object. */
function hideBelow(
  lines: (string | undefined)[],
  seen: readonly string[],
  at: number,
  isText: boolean,
): void {
  const below = blockBelow(seen, at, indentOf(seen[at] ?? ""));
  if (below === undefined) return;
  const [from, to] = below;
  const first = seen[from] ?? "";
  if (!isText && (fieldOf(first) !== undefined || listItem.test(first) || /^\s*[{[]/.test(first))) return;
  lines[from] = first.slice(0, indentOf(first)) + secretMark + carriageReturn(first);
  lines.fill(undefined, from + 1, to + 1);
}

/** A YAML text without the values of secrets that stand in quotes, on the lines after their name, or beside the name of a variable. */
export function hideSecretLines(text: string, isSecretName: IsSecretName): string {
  const seen = text.split("\n");
  const lines: (string | undefined)[] = [...seen];
  seen.forEach((line, at) => {
    const field = fieldOf(line);
    if (field === undefined) return;
    const isVariable = field.name === "value" && isNamedSecret(seen, at, field.column, isSecretName);
    if (!isVariable && !isSecretName(field.name)) return;
    const block = blockBegin.exec(field.value);
    if (block !== null) {
      hideBelow(lines, seen, at, block[1] !== undefined);
      return;
    }
    const hidden = hiddenValue(field.value, isVariable);
    if (hidden !== undefined) lines[at] = line.slice(0, field.valueAt) + hidden + carriageReturn(line);
  });
  return lines.filter((line) => line !== undefined).join("\n");
}

const quote = String.raw`(?<quote>\\?["'])`;
const inQuotes = String.raw`((?:(?!\k<quote>)(?:\\.|[^\\\n]))+)`;
const member = (name: string): string => String.raw`${name}\k<quote>\s*:\s*\k<quote>`;
const nextMember = String.raw`\k<quote>\s*,\s*\k<quote>`;
const nameThenValue = new RegExp(
  `(${quote}${member("name")})([\\w-]+)(${nextMember}${member("value")})${inQuotes}`,
  "g",
);
const valueThenName = new RegExp(
  `(${quote}${member("value")})${inQuotes}(${nextMember}${member("name")}([\\w-]+))`,
  "g",
);

/** A JSON text without the values of variables that are called a secret, side by side with their name as in the `env` of a container. */
export function hideSecretVariables(text: string, isSecretName: IsSecretName): string {
  return text
    .replace(
      nameThenValue,
      (all: string, before: string, _quote: string, name: string, between: string, value: string) =>
        isSecretName(name) && !unfilled.test(value) ? before + name + between + secretMark : all,
    )
    .replace(
      valueThenName,
      (all: string, before: string, _quote: string, value: string, after: string, name: string) =>
        isSecretName(name) && !unfilled.test(value) ? before + secretMark + after : all,
    );
}
