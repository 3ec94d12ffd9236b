import type { Change, FieldChange } from "./change";
import { impactTexts } from "./impact";
import { cellCode, code, codeBlock, cutText, escapeHtml, escapeText } from "./markdown-text";
import type { PlaceGroup, Report } from "./report";
import { headline, headlineReason, policySummary, violationPlace } from "./wording";

/** GitHub refuses a comment whose body is longer ("body is too long (maximum is 65536 characters)"). */
export const githubCommentLimit = 65_536;
/** Room for the note of what was cut. */
const noteRoom = 1_200;
/** Lines of a diff that is too long to be shown whole. */
const shortDiffLines = 40;
/** Violations, and characters of each, that are shown at most; the HTML report has all. */
const mostViolations = 40;
const mostViolationText = 600;
/** Characters of a value in a table; longer ones are cut. */
const mostValueText = 300;
const mostPlaces = 8;

/** A line in the comment that is invisible and names it, so that the next run finds and replaces it. */
export function commentMarker(stack: string): string {
  return `<!-- redoubt-preview-report:${stack.replace(/[^\w.-]/g, "_")} -->`;
}

function fieldTable(fields: readonly FieldChange[]): string {
  const cell = (value: string | undefined): string =>
    value === undefined ? "–" : cellCode(cutText(value, mostValueText));
  const rows = fields.map(
    ({ path, before, after }) => `| ${cellCode(path)} | ${cell(before)} | ${cell(after)} |`,
  );
  return `| field | before | after |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function shortDiff(diff: string): string {
  const lines = diff.split("\n");
  if (lines.length <= shortDiffLines) return diff;
  return [...lines.slice(0, shortDiffLines), `… ${lines.length - shortDiffLines} more lines`].join("\n");
}

type Detail = "full" | "short" | "title";

/** In a summary Markdown means nothing. */
function summaryOf({ operation, title, impact }: Change): string {
  const { title: impactTitle } = impactTexts[impact.class];
  return `<b>${impactTitle}</b>: ${operation} <code>${escapeHtml(title)}</code> – ${escapeHtml(impact.reason)}`;
}

/** In a list it does. */
function itemOf({ operation, title, impact }: Change): string {
  const { title: impactTitle } = impactTexts[impact.class];
  return `- <b>${impactTitle}</b>: ${operation} ${code(title)} – ${escapeText(impact.reason)}\n`;
}

function renderChange(change: Change, detail: Detail): string {
  const { fields = [], diff = "" } = change;
  const hasDetails = fields.length > 0 || diff !== "";
  if (detail === "title" || !hasDetails) return itemOf(change);
  const shownFields = detail === "full" ? fields : fields.slice(0, shortDiffLines);
  const parts = [
    shownFields.length === 0 ? "" : fieldTable(shownFields),
    diff === "" ? "" : codeBlock("diff", detail === "full" ? diff : shortDiff(diff)),
  ].filter((part) => part !== "");
  // A blank line ends the HTML; without one Markdown would take what follows for a part of it.
  return `<details><summary>${summaryOf(change)}</summary>\n\n${parts.join("\n")}\n</details>\n\n`;
}

function placesText(places: readonly string[]): string {
  const named = places.slice(0, mostPlaces).join(", ");
  return places.length <= mostPlaces ? named : `${named} and ${places.length - mostPlaces} more`;
}

function countTable({ counts }: Report): string {
  const rows = counts.map(
    (count) =>
      `| ${impactTexts[count.class].title} | ${count.changes} | ${escapeText(placesText(count.places))} | ${escapeText(impactTexts[count.class].meaning)} |`,
  );
  return `| impact | changes | where | what it means |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

function policySection(report: Report): string {
  const shownOnes = report.violations.slice(0, mostViolations);
  const items = shownOnes.map((violation) => {
    const what = `**${escapeText(violation.level)}** ${code(violation.policy)} on ${code(violationPlace(violation))}`;
    return `- ${what}: ${escapeText(cutText(violation.message, mostViolationText))}\n`;
  });
  const rest = report.violations.length - shownOnes.length;
  const more = rest === 0 ? "" : `- … and ${rest} more, in the HTML report\n`;
  return `### Policies\n\n${escapeText(policySummary(report))}\n${items.length === 0 ? "" : "\n"}${items.join("")}${more}`;
}

function errorSection({ errors }: Report): string {
  if (errors.length === 0) return "";
  const items = errors.slice(0, mostViolations).map((error) => codeBlock("", cutText(error, 2_000)));
  return `### Errors\n\n${items.join("\n")}\n`;
}

function head(report: Report): string {
  const why = headlineReason(report);
  const nothing = report.worstChange === undefined && report.complete ? "\n`up` would change nothing.\n" : "";
  return [
    `${commentMarker(report.stack)}\n## ${escapeText(headline(report))}\n`,
    why === "" ? nothing : `\n**Worst impact:** ${escapeText(why)}.\n`,
    report.complete ? "" : "\n**The preview ended early**: what follows is not all that would change.\n",
    report.counts.length === 0 ? "" : `\n${countTable(report)}`,
    report.errors.length === 0 ? "" : `\n${errorSection(report)}`,
    `\n${policySection(report)}`,
  ].join("");
}

const groupTitle = (group: PlaceGroup): string =>
  `\n### ${escapeText(placesText(group.places))}: ${impactTexts[group.worst.class].title}\n\n`;

/** A block of the body: a group's title or a change, in the order of the report. */
interface Block {
  readonly change: Change | undefined;
  readonly text: string;
}

/**
 * Gives each change as much detail as there is room for: all titles first, since a reader must not miss a change, then details from
 * the worst change on.
 */
function fitBlocks(
  groups: readonly PlaceGroup[],
  room: number,
): { body: string; cut: number; missing: number } {
  const blocks = groups.flatMap((group): Block[] => [
    { change: undefined, text: groupTitle(group) },
    ...group.changes.map((change) => ({ change, text: renderChange(change, "title") })),
  ]);
  let left = room;
  let kept = 0;
  for (const { text } of blocks) {
    if (text.length > left) break;
    left -= text.length;
    kept += 1;
  }
  let cut = 0;
  const texts = blocks.slice(0, kept).map(({ change, text }) => {
    if (change === undefined) return text;
    const fitting = (["full", "short"] as const)
      .map((detail) => ({ detail, rendered: renderChange(change, detail) }))
      .find(({ rendered }) => rendered.length - text.length <= left);
    const rendered = fitting?.rendered ?? text;
    if (rendered !== renderChange(change, "full")) cut += 1;
    left -= rendered.length - text.length;
    return rendered;
  });
  const missing = blocks.slice(kept).filter(({ change }) => change !== undefined).length;
  return { body: texts.join(""), cut, missing };
}

function cutNote(cut: number, missing: number, limit: number): string {
  if (cut === 0 && missing === 0) return "";
  const parts = [
    ...(cut === 0 ? [] : [`the details of ${cut} ${cut === 1 ? "change" : "changes"}`]),
    ...(missing === 0 ? [] : [`${missing} ${missing === 1 ? "change" : "changes"} of the lowest impact`]),
  ];
  return `\n> **Cut** to fit a comment of ${limit} characters: ${parts.join(" and ")} left out. The HTML report has everything.\n`;
}

/**
 * The report as a comment on a pull request (GitHub Flavored Markdown; GitLab reads it as well).
 *
 * @param limit Characters at most. Default: GitHub's limit.
 */
export function renderMarkdown(report: Report, limit = githubCommentLimit): string {
  const start = head(report);
  const { body, cut, missing } = fitBlocks(report.groups, limit - start.length - noteRoom);
  return `${start}${body}${cutNote(cut, missing, limit)}`.slice(0, limit);
}
