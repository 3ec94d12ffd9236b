import { defaultLevel, sourceOf, type Rule, type Subject } from "./rule";

const titles: Readonly<Record<Subject, string>> = {
  hosts: "Hosts",
  certificates: "Certificates",
  "api-server": "API server",
  aggregation: "Servers behind the API server",
  controllers: "Controller manager and scheduler",
  nodes: "Nodes",
  files: "Files of hosts",
  authorization: "Authorization",
  network: "Network",
  secrets: "Secrets",
  etcd: "etcd",
  aws: "AWS",
};

/** A text as one cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("\n", " ");
}

function settingsOf(rule: Rule): string {
  const settings = Object.entries(rule.settings ?? {}).map(([name, { description, default: value }]) => {
    const shown = typeof value === "number" ? String(value) : value.join(", ");
    return ` Setting \`${name}\` (default ${shown}): ${description}`;
  });
  return settings.join("");
}

function row(rule: Rule): string {
  const when = rule.kind === "stack" ? "stack" : "resource";
  const cells = [
    `\`${rule.id}\``,
    defaultLevel(rule),
    when,
    cell(`${rule.rule}.${settingsOf(rule)}`),
    cell(rule.why),
    cell(sourceOf(rule)),
    cell(rule.fix),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Tables of all rules, by subject, for `docs/policies.md`. */
export function renderRuleTables(rules: readonly Rule[]): string {
  const head =
    "| rule | level | judges | what must be so | why | source | fix |\n| --- | --- | --- | --- | --- | --- | --- |";
  return (Object.keys(titles) as Subject[])
    .map((subject) => {
      const rows = rules.filter(({ id }) => id.startsWith(`${subject}-`)).map(row);
      return `### ${titles[subject]}\n\n${head}\n${rows.join("\n")}\n`;
    })
    .join("\n");
}

const start = "<!-- rules: written by npm run docs:policies -->";
const end = "<!-- end of rules -->";

/** The page with its tables made anew; the words around them stay. @throws when the page has lost its marks. */
export function renderPage(page: string, rules: readonly Rule[]): string {
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/policies.md lacks ${start} or ${end}`);
  return `${before}${start}\n\n${renderRuleTables(rules)}\n${end}${after}`;
}
