import { structuredPatch } from "diff";

/** Lines of one file that a report shows at most. */
const shownLines = 40;

/** How private keys and tokens look. Somebody may have put one where none belongs; a report is no place to repeat it. */
const secretLine = /PRIVATE KEY|client-key-data|^[-+ ]\s*(token|password|secret)\b|[A-Za-z0-9+/]{60,}/i;

/** Lines as a report may show them: no secrets, and not too many. */
export function reportLines(lines: readonly string[]): readonly string[] {
  const safe = lines.map((line) =>
    secretLine.test(line) ? `${line.slice(0, 1)}(looks like a secret; not shown)` : line,
  );
  if (safe.length <= shownLines) return safe;
  return [...safe.slice(0, shownLines), `(${safe.length - shownLines} more lines)`];
}

/** A unified diff without its header, from what was wanted to what was found; lines that look like secrets are not shown. */
export function textDiff(wanted: string, found: string): readonly string[] {
  const { hunks } = structuredPatch("wanted", "found", wanted, found, undefined, undefined, { context: 1 });
  return reportLines(
    hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
      ...lines,
    ]),
  );
}
