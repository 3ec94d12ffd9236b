import type { Change, FieldChange } from "./change";
import { compareImpact, impactTexts } from "./impact";
import { cellCode, code, codeBlock, cutText, escapeHtml, escapeText } from "./markdown-text";
import type { PlaceGroup } from "./report";
import { placesText } from "./wording";

/** Lines of a diff that is too long to be shown whole. */
const shortDiffLines = 40;
/** Characters of a value in a table, of a title and of a reason; longer ones are cut. */
const mostValueText = 300;
const mostTitleText = 300;
const mostReasonText = 600;

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
  const shown = escapeHtml(cutText(title, mostTitleText));
  return `<b>${impactTitle}</b>: ${operation} <code>${shown}</code> – ${escapeHtml(cutText(impact.reason, mostReasonText))}`;
}

/** In a list it does. */
function itemOf({ operation, title, impact }: Change): string {
  const { title: impactTitle } = impactTexts[impact.class];
  const shown = code(cutText(title, mostTitleText));
  return `- <b>${impactTitle}</b>: ${operation} ${shown} – ${escapeText(cutText(impact.reason, mostReasonText))}\n`;
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

const groupTitle = (group: PlaceGroup): string =>
  `\n### ${escapeText(cutText(placesText(group.places), mostTitleText))}: ${impactTexts[group.worst.class].title}\n\n`;

/** A change in its group, by the places of both in the report. */
interface Item {
  readonly group: PlaceGroup;
  readonly change: Change;
}

/** Changes of all groups, the worst first; of equals those of the first group. */
function worstFirst(groups: readonly PlaceGroup[]): Item[] {
  return groups
    .flatMap((group) => group.changes.map((change): Item => ({ group, change })))
    .sort((left, right) => compareImpact(left.change.impact, right.change.impact));
}

/** As many items as there is room for, with their groups' titles: none is left out while a milder one stays. */
function fitTitles(items: readonly Item[], room: number): { readonly kept: Item[]; readonly left: number } {
  const opened = new Set<PlaceGroup>();
  const kept: Item[] = [];
  let left = room;
  for (const item of items) {
    const opening = opened.has(item.group) ? 0 : groupTitle(item.group).length;
    const length = opening + renderChange(item.change, "title").length;
    if (length > left) break;
    opened.add(item.group);
    kept.push(item);
    left -= length;
  }
  return { kept, left };
}

/** Texts of the items with as much detail as there is room for, the first ones first. */
function fitDetails(items: readonly Item[], room: number): ReadonlyMap<Item, string> {
  let left = room;
  const texts = new Map<Item, string>();
  for (const item of items) {
    const title = renderChange(item.change, "title");
    const rendered =
      (["full", "short"] as const)
        .map((detail) => renderChange(item.change, detail))
        .find((text) => text.length - title.length <= left) ?? title;
    texts.set(item, rendered);
    left -= rendered.length - title.length;
  }
  return texts;
}

/** The changes, as far as they fit. */
export interface FittedChanges {
  readonly text: string;
  /** Changes that show less than all their details. */
  readonly cut: number;
  /** Changes that are not even named; none of them is worse than one that is. */
  readonly missing: number;
}

/**
 * Gives each change as much detail as there is room for: all titles first, since a reader must not miss a change, then details from
 * the worst change on, wherever it happens. They stand by their places, in the order of the report.
 */
export function fitChanges(groups: readonly PlaceGroup[], room: number): FittedChanges {
  const items = worstFirst(groups);
  const { kept, left } = fitTitles(items, room);
  const texts = fitDetails(kept, left);
  const shown = groups.map((group) => {
    const own = kept.filter((item) => item.group === group).map((item) => texts.get(item) ?? "");
    return own.length === 0 ? "" : `${groupTitle(group)}${own.join("")}`;
  });
  const cut = kept.filter((item) => texts.get(item) !== renderChange(item.change, "full")).length;
  return { text: shown.join(""), cut, missing: items.length - kept.length };
}
