import { readFileSync } from "node:fs";
import path from "node:path";
import type { Change, FieldChange } from "./change";
import { impactClasses, impactTexts } from "./impact";
import type { PlaceGroup, Report } from "./report";
import { headline, headlineReason, policySummary, violationPlace } from "./wording";

const style = readFileSync(path.join(__dirname, "report.css"), "utf8");

/** Text in HTML, in an attribute as well: nothing in it means anything. */
function escape(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

function fieldTable(fields: readonly FieldChange[]): string {
  const cell = (value: string | undefined): string =>
    value === undefined ? '<td class="absent">–</td>' : `<td><code>${escape(value)}</code></td>`;
  const rows = fields.map(
    ({ path: name, before, after }) =>
      `<tr><th scope="row"><code>${escape(name)}</code></th>${cell(before)}${cell(after)}</tr>`,
  );
  return `<table class="fields"><thead><tr><th scope="col">field</th><th scope="col">before</th><th scope="col">after</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function lineClass(line: string): string {
  if (line.startsWith("@@") || line.startsWith("# ")) return "hunk";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}

/** Text that scrolls sideways; the keyboard reaches it, and what reads the page aloud says what it is. */
function scrollingBlock(label: string, html: string, name = ""): string {
  return `<pre tabindex="0" role="group" aria-label="${label}"${name === "" ? "" : ` class="${name}"`}>${html}</pre>`;
}

/** A line keeps its sign, so that colour is not all that tells. */
function diffBlock(diff: string): string {
  const lines = diff.split("\n").map((line) => `<span class="${lineClass(line)}">${escape(line)}\n</span>`);
  return scrollingBlock("Changed lines", lines.join(""));
}

const badge = (name: Change["impact"]["class"]): string =>
  `<span class="badge ${name}">${escape(impactTexts[name].title)}</span>`;

function changeBlock(change: Change): string {
  const { fields = [], diff = "", operation, title, impact } = change;
  const summary = `${badge(impact.class)} ${operation} <code>${escape(title)}</code> <span class="reason">${escape(impact.reason)}</span>`;
  const details = `${fields.length === 0 ? "" : fieldTable(fields)}${diff === "" ? "" : diffBlock(diff)}`;
  if (details === "") return `<p class="change">${summary}</p>`;
  const open = impact.class === "none" ? "" : " open";
  return `<details class="change"${open}><summary>${summary}</summary>${details}</details>`;
}

const groupId = (index: number): string => `place-${index + 1}`;

function groupSection(group: PlaceGroup, index: number): string {
  const changes = group.changes.map(changeBlock).join("\n");
  return `<section id="${groupId(index)}"><h2>${escape(group.places.join(", "))} ${badge(group.worst.class)}</h2>\n${changes}\n</section>`;
}

function contents(groups: readonly PlaceGroup[]): string {
  if (groups.length < 2) return "";
  const items = groups.map(
    (group, index) =>
      `<li><a href="#${groupId(index)}">${escape(group.places.join(", "))}</a> ${badge(group.worst.class)}</li>`,
  );
  return `<nav aria-labelledby="places"><h2 id="places">Places</h2><ul>${items.join("")}</ul></nav>`;
}

function policySection(report: Report): string {
  const items = report.violations.map(
    (violation) =>
      `<li><strong>${escape(violation.level)}</strong> <code>${escape(violation.policy)}</code> on <code>${escape(violationPlace(violation))}</code>: <span class="message">${escape(violation.message)}</span></li>`,
  );
  const list = items.length === 0 ? "" : `<ul class="violations">${items.join("")}</ul>`;
  return `<section><h2>Policies</h2><p>${escape(policySummary(report))}</p>${list}</section>`;
}

function errorSection({ errors }: Report): string {
  if (errors.length === 0) return "";
  const blocks = errors.map((error) => scrollingBlock("Error", escape(error), "error"));
  return `<section><h2>Errors</h2>${blocks.join("")}</section>`;
}

function countTable({ counts }: Report): string {
  if (counts.length === 0) return "<p><code>up</code> would change nothing.</p>";
  const rows = counts.map(
    (count) =>
      `<tr><th scope="row">${badge(count.class)}</th><td>${count.changes}</td><td>${escape(count.places.join(", "))}</td></tr>`,
  );
  return `<table><thead><tr><th scope="col">impact</th><th scope="col">changes</th><th scope="col">where</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function legend(): string {
  const items = [...impactClasses]
    .reverse()
    .map((name) => `<dt>${badge(name)}</dt><dd>${escape(impactTexts[name].meaning)}</dd>`);
  return `<section><h2>What the classes mean</h2><dl>${items.join("")}</dl></section>`;
}

/** The whole report as one page that loads nothing and runs nothing. */
export function renderHtml(report: Report): string {
  const title = headline(report);
  const why = headlineReason(report);
  const early = "The preview ended early: what follows is not all that would change.";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escape(title)}</title>
<style>
${style}</style>
</head>
<body>
<header><h1>${escape(title)}</h1>
${why === "" ? "" : `<p><strong>Worst impact:</strong> ${escape(why)}.</p>`}
${report.complete ? "" : `<p class="error"><strong>${early}</strong></p>`}
</header>
<main>
${countTable(report)}
${errorSection(report)}
${policySection(report)}
${contents(report.groups)}
${report.groups.map(groupSection).join("\n")}
${legend()}
</main>
</body>
</html>
`;
}
