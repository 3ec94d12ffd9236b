/** Value of a directive; a list repeats the directive, a boolean is yes or no. */
export type DirectiveValue = string | number | boolean | readonly string[];

/** Sections of a unit file, in order, as `{ Unit: {…}, Service: {…}, Install: {…} }` (systemd.syntax(7)). */
export type UnitSections = Readonly<Record<string, Readonly<Record<string, DirectiveValue>>>>;

/**
 * A unit file. `%` starts a specifier in most directives (systemd.unit(5)) and is left to the caller.
 *
 * @throws when a value holds a line break that does not continue the line, which would add a directive of its own.
 */
export function renderUnit(sections: UnitSections): string {
  return Object.entries(sections)
    .map(([section, directives]) => `[${section}]\n${renderDirectives(directives)}`)
    .join("\n");
}

function renderDirectives(directives: Readonly<Record<string, DirectiveValue>>): string {
  return Object.entries(directives)
    .flatMap(([name, value]) => listOf(value).map((item) => `${name}=${checkedValue(name, item)}\n`))
    .join("");
}

function listOf(value: DirectiveValue): readonly string[] {
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  return typeof value === "object" ? value : [String(value)];
}

function checkedValue(name: string, value: string): string {
  if (/(?<!\\)\n/.test(value))
    throw new Error(`unit directive ${name}: the value ${JSON.stringify(value)} spans lines`);
  return value;
}

/**
 * A command line for `ExecStart=` with one argument a line. A `$NAME` argument stays an environment reference; specifiers
 * are escaped (systemd.service(5), "Command lines").
 */
export function execStart(program: string, args: readonly string[]): string {
  return [program, ...args].map(quoteArgument).join(" \\\n  ");
}

function quoteArgument(argument: string): string {
  if (/^\$[A-Z_]+$/.test(argument)) return argument;
  const escaped = argument.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[A-Za-z0-9_@%$+=:,./*[\]{}()?<>!|&~-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
