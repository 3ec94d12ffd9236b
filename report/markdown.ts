import { impactTexts } from "./impact";
import { fitChanges } from "./markdown-changes";
import { code, codeBlock, cutText, escapeText } from "./markdown-text";
import type { Report } from "./report";
import { headline, headlineReason, placesText, policySummary, violationPlace } from "./wording";

/** GitHub refuses a comment whose body is longer ("body is too long (maximum is 65536 characters)"). */
export const githubCommentLimit = 65_536;
/** Room for the note of what was cut. */
const noteRoom = 400;
/** Parts of the comment that errors and violations may take each, so that neither leaves no room for changes. */
const errorShare = 0.2;
const policyShare = 0.25;
/** Characters of a violation and of an error; the HTML report has all. */
const mostViolationText = 600;
const mostErrorText = 2_000;
/** Characters of a name and of a list of places; longer ones are cut. */
const mostNameText = 200;
const mostPlacesText = 600;

/** A line in the comment that is invisible and names it, so that the next run finds and replaces it. */
export function commentMarker(stack: string): string {
  return `<!-- redoubt-preview-report:${stack.replace(/[^\w.-]/g, "_")} -->`;
}

function countTable({ counts }: Report): string {
  const rows = counts.map(({ class: name, changes, places }) => {
    const where = escapeText(cutText(placesText(places), mostPlacesText));
    return `| ${impactTexts[name].title} | ${changes} | ${where} | ${escapeText(impactTexts[name].meaning)} |`;
  });
  return `| impact | changes | where | what it means |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** Items of a list, whole ones only, and how many more there are. */
function fitItems(items: readonly string[], room: number): string {
  const more = (count: number): string => `- … and ${count} more, in the HTML report\n`;
  const shown: string[] = [];
  let left = room - more(items.length).length;
  for (const item of items) {
    if (item.length > left) return `${shown.join("")}${more(items.length - shown.length)}`;
    shown.push(item);
    left -= item.length;
  }
  return shown.join("");
}

function policySection(report: Report, room: number): string {
  const items = report.violations.map((violation) => {
    const [policy, place] = [violation.policy, violationPlace(violation)].map((name) =>
      code(cutText(name, mostNameText)),
    );
    const message = escapeText(cutText(violation.message, mostViolationText));
    return `- **${escapeText(violation.level)}** ${policy} on ${place}: ${message}\n`;
  });
  const list = items.length === 0 ? "" : `\n${fitItems(items, room)}`;
  return `\n### Policies\n\n${escapeText(policySummary(report))}\n${list}`;
}

function errorSection({ errors }: Report, room: number): string {
  if (errors.length === 0) return "";
  const items = errors.map((error) => `${codeBlock("", cutText(error, mostErrorText))}\n`);
  return `\n### Errors\n\n${fitItems(items, room)}`;
}

/** A part of the comment before the changes; it is there whole or not at all. */
interface Section {
  readonly text: string;
  /** The lowest comes first where there is not room for all. */
  readonly order: number;
}

/** What stands before the changes. */
function headSections(report: Report, limit: number): Section[] {
  const why = headlineReason(report);
  const nothing = report.worstChange === undefined && report.complete ? "\n`up` would change nothing.\n" : "";
  const worst = `\n**Worst impact:** ${escapeText(cutText(why, mostPlacesText))}.\n`;
  const early = "\n**The preview ended early**: what follows is not all that would change.\n";
  return [
    { order: 0, text: `${commentMarker(report.stack)}\n## ${escapeText(headline(report))}\n` },
    { order: 2, text: why === "" ? nothing : worst },
    { order: 1, text: report.complete ? "" : early },
    { order: 5, text: report.counts.length === 0 ? "" : `\n${countTable(report)}` },
    // Policies decide whether `up` is refused: where there is little room, errors give way to them.
    { order: 4, text: errorSection(report, limit * errorShare) },
    { order: 3, text: policySection(report, limit * policyShare) },
  ];
}

/** The sections that fit, in the order in which they are given. */
function fitSections(sections: readonly Section[], room: number): string {
  let left = room;
  const kept = new Set<Section>();
  for (const section of [...sections].sort((one, other) => one.order - other.order)) {
    if (section.text.length > left) continue;
    kept.add(section);
    left -= section.text.length;
  }
  return sections
    .filter((section) => kept.has(section))
    .map(({ text }) => text)
    .join("");
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
  const room = Math.max(0, limit - noteRoom);
  const start = fitSections(headSections(report, limit), room);
  const { text, cut, missing } = fitChanges(report.groups, room - start.length);
  const note = cutNote(cut, missing, limit);
  return `${start}${text}${note.length <= limit - start.length - text.length ? note : ""}`;
}
