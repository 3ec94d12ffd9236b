import { structuredPatch } from "diff";

/** Lines of one file that a report shows at most. */
const shownLines = 40;

/** How private keys and tokens look. Somebody may have put one where none belongs; a report is no place to repeat it. */
const secretText = /PRIVATE KEY|client-key-data|^[-+ ]?\s*(token|password|secret)\b|[A-Za-z0-9+/]{60,}/i;

/** A public key may be told: who reads the report must know whose it is (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
const publicKey = /^[-+ ]?(ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+( |$)/;

const hidden = "(looks like a secret; not shown)";

function isSecret(text: string): boolean {
  return secretText.test(text) && !publicKey.test(text);
}

/** A value as a report may show it. */
export function reportValue(text: string): string {
  return isSecret(text) ? hidden : text;
}

/** Lines as a report may show them: no secrets, and not too many. */
export function reportLines(lines: readonly string[]): readonly string[] {
  const safe = lines.map((line) => (isSecret(line) ? `${line.slice(0, 1)}${hidden}` : line));
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
