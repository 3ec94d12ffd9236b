/** Whatever ends a line: for CommonMark a lone carriage return does (spec.commonmark.org, "line ending"). */
const lineEnds = /\s*[\r\n\u2028\u2029]\s*/g;

/** The beginning of a text that is too long, and how much is missing. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

/** HTML inside of Markdown, as in a summary, where Markdown's own escapes don't count. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/@/g, "&#64;")
    .replace(lineEnds, " ");
}

/** Plain text in Markdown: nothing in it means anything, no name in it is told of it, and no tag opens. */
export function escapeText(text: string): string {
  return escapeHtml(text.replace(/[\\`*_{}[\]()#+!|~]/g, "\\$&"));
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** Code in a line, fenced by more backticks than it holds. */
export function code(text: string): string {
  const line = text.replace(lineEnds, " ⏎ ");
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Code in a table's cell, which a bar would end even there. */
export function cellCode(text: string): string {
  return code(text.replace(/\|/g, "\\|"));
}

/** Lines of code, fenced by more backticks than they hold. */
export function codeBlock(language: string, text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}\n`;
}
