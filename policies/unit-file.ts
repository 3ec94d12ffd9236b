/** One directive of a unit file (systemd.syntax(7)). */
interface Directive {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

function directives(content: string): Directive[] {
  let section = "";
  const found: Directive[] = [];
  // A backslash at the end of a line stands for a space; comments may stand between continued lines.
  for (const line of content.replaceAll(/\\\n(?:[#;].*\n)*/g, " ").split("\n")) {
    const header = /^\[(.+)\]$/.exec(line.trim());
    if (header !== null) section = header[1] ?? "";
    const directive = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line.trim());
    if (directive !== null)
      found.push({ section, name: directive[1] ?? "", value: (directive[2] ?? "").trim() });
  }
  return found;
}

/**
 * All values of a directive in a unit file and its drop-ins, in the order in which systemd reads them; an empty assignment
 * forgets those before it (systemd.unit(5)).
 */
export function directiveValues(contents: readonly string[], section: string, name: string): string[] {
  let values: string[] = [];
  for (const directive of contents.flatMap(directives)) {
    if (directive.section !== section || directive.name !== name) continue;
    values = directive.value === "" ? [] : [...values, directive.value];
  }
  return values;
}

const word = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+)/g;

/** The words of a command line (systemd.service(5), "Command lines"), with `%%` and `$$` as what they stand for. */
export function commandWords(line: string): string[] {
  return [...line.matchAll(word)].map(([, double, single, plain]) => {
    const quoted = double ?? single;
    const text = quoted === undefined ? (plain ?? "") : quoted.replaceAll(/\\(.)/g, "$1");
    return text.replaceAll("%%", "%").replaceAll("$$", "$");
  });
}
