import { z } from "zod";
import { settingsSchema } from "./schema";

/** The parts of JSON Schema that the settings use. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A setting of the reference page. */
interface Row {
  readonly setting: string;
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
}

/** `10 to 20`, `at least 10`; the schema's own bounds of whole numbers say nothing. */
function bounds({ minimum, maximum }: Node): string {
  const upper = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const lower = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (lower !== undefined && upper !== undefined) return `, ${lower} to ${upper}`;
  if (lower !== undefined) return `, at least ${lower}`;
  return upper === undefined ? "" : `, at most ${upper}`;
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(" or ");
  if (node.type === "array") return `list of ${node.items === undefined ? "values" : typeOf(node.items)}`;
  if (node.properties !== undefined) return `{ ${Object.keys(node.properties).join(", ")} }`;
  if (node.type === "object") return "map of text";
  if (node.type === "integer") return `whole number${bounds(node)}`;
  return node.type === "string" ? "text" : (node.type ?? "value");
}

/** The settings below a node, depth first, each with its path. */
function rowsBelow(prefix: string, node: Node): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const setting = `${prefix}.${name}`;
    const nested = field.items ?? field;
    const children =
      nested.properties === undefined
        ? []
        : rowsBelow(field.items === undefined ? setting : `${setting}[]`, nested);
    const isBlock = field.properties !== undefined;
    const required = node.required?.includes(name) === true;
    const fallback =
      field.default === undefined
        ? required
          ? "must be given"
          : "–"
        : `\`${JSON.stringify(field.default)}\``;
    const row = {
      setting,
      type: typeOf(field),
      default: isBlock ? "see below" : fallback,
      meaning: field.description ?? "",
    };
    return [row, ...children];
  });
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function renderSection(key: string, node: Node): string {
  const items = node.items ?? node;
  const rows = rowsBelow(node.items === undefined ? key : `${key}[]`, items);
  const lines = rows.map(
    (row) => `| \`${row.setting}\` | ${cell(row.type)} | ${cell(row.default)} | ${cell(row.meaning)} |`,
  );
  const table =
    rows.length === 0
      ? ""
      : `\n| setting | type | default | meaning |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
  return `## ${key}\n\n${node.description ?? ""}\n${table}`;
}

/** The reference page of all settings, from the schema alone. */
export function renderSettingsPage(): string {
  const schema = z.toJSONSchema(settingsSchema, { io: "input" }) as Node;
  const sections = Object.entries(schema.properties ?? {}).map(([key, node]) => renderSection(key, node));
  return `# Settings

All settings of \`Pulumi.<env>.yaml\`, each below \`config:\` with the prefix \`redoubt:\`, as \`redoubt:network\`. This page is made from the schema (\`npm run docs:settings\`). Wrong settings are reported all at once, each with its value, the rule and the fix, before anything changes.

${sections.join("\n")}`;
}
