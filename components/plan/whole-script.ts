const opening = "{\n";
const closing = "}\n";

/**
 * A part of a script that runs when all of it has arrived, or not at all. A script comes by stdin, and bash would run each line as it
 * comes: of one that is cut off on its way the half of a file would be written, or a path removed whose end is missing. A group is
 * read to its brace before any of it is run (bash(1), "Compound Commands").
 *
 * @param body Lines, each with its end.
 */
export function whenWhole(body: string): string {
  return `${opening}${body}${closing}`;
}

/**
 * What stands in the group; the text itself where there is none, as in scripts of earlier versions.
 *
 * @throws when the group has no end.
 */
export function insideGroup(text: string): string {
  const trimmed = text.replace(/^\n+/, "");
  if (!trimmed.startsWith(opening)) return text;
  if (!trimmed.endsWith(`\n${closing}`)) throw new Error("it is cut off: its group has no end");
  return trimmed.slice(opening.length, -closing.length);
}
