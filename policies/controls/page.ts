import path from "node:path";
import type { Rule } from "../rule";
import { cis } from "./cis";
import { isGap, type Control, type ControlSource, type Gap } from "./control";
import { hardeningGuide } from "./hardening-guide";
import { mission } from "./mission";
import { cisIdsOf, type TestTitle } from "./test-titles";

/** All sources of controls, in the order of the page. */
export const sources: readonly ControlSource[] = [mission, cis, hardeningGuide];

/** What the repository has to prove a control with. */
export interface Evidence {
  readonly rules: readonly Rule[];
  readonly tests: readonly TestTitle[];
}

/** A control with all that proves it, found and named. */
export interface ProvenControl {
  readonly what: string;
  readonly settings: readonly string[];
  readonly rules: readonly string[];
  readonly tests: readonly TestTitle[];
  readonly note: string | undefined;
}

/** Joins what a control names with the rules and tests that name the control. @param id As rules and titles of tests say it. */
export function prove(id: string, control: Control, { rules, tests }: Evidence): ProvenControl {
  const naming = rules.filter(({ cis: ids = [] }) => ids.includes(id));
  return {
    what: control.what ?? naming.map(({ rule }) => rule).join("; "),
    settings: control.settings ?? [],
    rules: [...new Set([...naming.map((rule) => rule.id), ...(control.rules ?? [])])],
    tests: [...tests.filter(({ title }) => cisIdsOf(title).includes(id)), ...(control.tests ?? [])],
    note: control.note,
  };
}

/** A text as one cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("\n", " ");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A section of the page of settings, as GitHub names its anchor. */
function settingLink(setting: string): string {
  const [section = ""] = setting.split(/[.[]/);
  return `[${code(setting)}](settings.md#${section.toLowerCase()})`;
}

/** A title as it is read in the tests' output, but for what is filled in there. */
function testLink({ file, title }: TestTitle): string {
  return `[${path.basename(file)}](../${file}): ${cell(title.replace(/\$\{[^}]*\}/g, "…"))}`;
}

/** Where the policy rule is all that holds a control. */
const casesOfRules = "[rules.test.ts](../test/policies/rules.test.ts): the rule's own cases";

function row(id: string, control: ProvenControl): string {
  const note = control.note === undefined ? "" : ` _${cell(control.note)}_`;
  const cells = [
    id,
    `${cell(control.what)}.${note}`,
    control.settings.map(settingLink).join(", ") || "–",
    control.rules.map((rule) => `[${code(rule)}](policies.md)`).join(", ") || "–",
    control.tests.map(testLink).join("<br>") || casesOfRules,
  ];
  return `| ${cells.join(" | ")} |`;
}

const reasons: Readonly<Record<Gap["because"], string>> = {
  other: "kept in another way",
  absent: "does not apply",
  yours: "up to you",
  open: "not done",
};

function gapRow(id: string, { what, because, reason }: Gap): string {
  return `| ${id} | ${cell(what)} | ${reasons[because]} | ${cell(reason)} |`;
}

function section({ title, about, controls }: ControlSource, evidence: Evidence): string {
  const rows = Object.entries(controls).flatMap(([id, control]) =>
    isGap(control) ? [] : [row(id, prove(id, control, evidence))],
  );
  const gaps = Object.entries(controls).flatMap(([id, control]) =>
    isGap(control) ? [gapRow(id, control)] : [],
  );
  const kept = `| control | what is so | setting | policy rule | test |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  const missing =
    gaps.length === 0
      ? ""
      : `\nNot kept by the stack, and why:\n\n| control | what is asked | state | reason |\n| --- | --- | --- | --- |\n${gaps.join("\n")}\n`;
  return `## ${title}\n\n${about} ${rows.length} kept${gaps.length === 0 ? "" : `, ${gaps.length} not`}.\n\n${kept}${missing}`;
}

/** `docs/auditor.md`: each control, what keeps it, and what proves that. */
export function renderAuditorPage(evidence: Evidence): string {
  return `# Answering an auditor

Each control, with the setting that changes it, the policy rule that refuses its loss, and the test that proves it. The page is made by \`npm run docs:auditor\` from \`policies/controls/\`, the rules of the pack and the titles of the tests; a test fails when it names a setting, rule or test that there is not, or when a control has neither rule nor test.

How to read a row, and how to show it to somebody. What stands in italics is kept in another way than asked, or not wholly.

- **Setting**: a dash means that no setting changes it. What an environment says differently stands in its \`Pulumi.<env>.yaml\`; exceptions are in \`policies/config/<env>.json\`, each with a reason and a last day ([writing-a-waiver.md](writing-a-waiver.md)).
- **Policy rule**: judged before a change is made, \`npm run preview -- --stack <env>\`. What is deployed is judged by \`pulumi policy analyze --policy-pack policies --stack <env>\`. Every rule has five cases of its own (\`test/policies/rules.test.ts\`: kept, nearly broken, nearly kept, broken, unknown), and \`test/policies/preview.test.ts\` shows that the program as it is breaks none.
- **Test**: \`test/unit/\` looks at what is rendered, \`test/cluster/\` from outside at a running cluster. \`npm test\` runs all; \`npm test -- unit\` the first kind. A test is a proof of the program, not of your hosts: for these there is \`npm run drift -- --stack <env>\`, which compares them with what was applied.
- Who changed what, when: the history of this repository, the reports of its pull requests, and \`pulumi stack history --stack <env>\`.

\`npm run cis\` has kube-bench look at every node ([cis.md](cis.md)). Run by hand it finds more to say: it looks for files of static pods that are not there. The rows say where.

${sources.map((source) => section(source, evidence)).join("\n")}`;
}
