import { structuredPatch } from "diff";

/** Lines around a change. */
const contextLines = 3;

/**
 * The hunks of a unified diff (POSIX.1-2017, diff, "Diff -u Output Format"); where there was or will be no text, all lines are new
 * or gone. Empty when the texts are equal.
 */
export function unifiedDiff(before: string | undefined, after: string | undefined): string {
  const { hunks } = structuredPatch("", "", before ?? "", after ?? "", "", "", { context: contextLines });
  return hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) =>
      [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...lines].join("\n"),
    )
    .join("\n");
}
