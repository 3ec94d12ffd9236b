import { structuredPatch } from "diff";

/** Lines of one file that a report shows at most. */
const shownLines = 40;

/** How private keys and tokens look. Somebody may have put one where none belongs; a report is no place to repeat it. */
const secretLine = /PRIVATE KEY|client-key-data|^[-+ ]\s*(token|password|secret)\b|[A-Za-z0-9+/]{60,}/i;

/** A unified diff without its header, from what was wanted to what was found; lines that look like secrets are not shown. */
export function textDiff(wanted: string, found: string): readonly string[] {
  const { hunks } = structuredPatch("wanted", "found", wanted, found, undefined, undefined, { context: 1 });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: body }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...body.map((line) =>
      secretLine.test(line) ? `${line.slice(0, 1)}(looks like a secret; not shown)` : line,
    ),
  ]);
  if (lines.length <= shownLines) return lines;
  return [...lines.slice(0, shownLines), `(${lines.length - shownLines} more lines)`];
}
