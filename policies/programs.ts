import path from "node:path";
import { scriptRule, type HostScript } from "./host-script";
import { memoize } from "./memo";
import type { Finding, ResourceRule, RuleInfo } from "./rule";
import { commandWords, directiveValues } from "./unit-file";

/** A program as a unit starts it. */
export interface Program {
  /** Name of the unit, as `kube-apiserver.service`. */
  readonly unit: string;
  /** Flags without dashes; one that is given twice has its last value. */
  readonly flags: ReadonlyMap<string, string>;
}

const unitFolder = "/etc/systemd/system";

function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  words.forEach((current, index) => {
    const flag = /^--?([a-z][\w.-]*)(?:=([\s\S]*))?$/i.exec(current);
    if (flag === null) return;
    const next = words[index + 1];
    // `--flag value` and `--flag` alone, which means true (pflag).
    const separate = next === undefined || next.startsWith("-") ? "true" : next;
    flags.set(flag[1] ?? "", flag[2] ?? separate);
  });
  return flags;
}

/** Contents of a unit file and its drop-ins, in the order in which systemd reads them. */
function unitContents(script: HostScript, unit: string): string[] {
  const own = script.files.filter((file) => file.path === `${unitFolder}/${unit}`);
  const dropIns = script.files
    .filter((file) => path.dirname(file.path) === `${unitFolder}/${unit}.d`)
    .sort((left, right) => (left.path < right.path ? -1 : 1));
  return [...own, ...dropIns].map((file) => file.content);
}

/** Every program that units of a script start, with its name. */
const started = memoize((script: HostScript) => {
  const units = script.files
    .filter((file) => path.dirname(file.path) === unitFolder && file.path.endsWith(".service"))
    .map((file) => path.basename(file.path));
  return units.flatMap((unit) =>
    directiveValues(unitContents(script, unit), "Service", "ExecStart")
      // `-`, `@`, `:`, `+` and `!` before the program are systemd's.
      .map((line) => commandWords(line.replace(/^[-@:+!]+/, "")))
      .map(([program = "", ...words]) => ({ name: path.basename(program), unit, flags: flagsOf(words) })),
  );
});

/** All units of a script that start the program of that name. */
export function programs(script: HostScript, name: string): Program[] {
  return started(script).filter((program) => program.name === name);
}

/** A rule on each start of one program. */
export function programRule(
  name: string,
  info: RuleInfo,
  check: (program: Program, script: HostScript) => readonly Finding[],
): ResourceRule {
  return scriptRule("plan", info, (script) =>
    programs(script, name).flatMap((program) =>
      check(program, script).map((finding) => ({ ...finding, where: finding.where ?? program.unit })),
    ),
  );
}

/** Says what is wrong with the value of a flag, or nothing. */
export type Expectation = (value: string | undefined) => string | undefined;

/** A rule on flags of one program, each with what it must be. */
export function flagRule(
  name: string,
  info: RuleInfo,
  expectations: Readonly<Record<string, Expectation>>,
): ResourceRule {
  return programRule(name, info, ({ flags }) =>
    Object.entries(expectations).flatMap(([flag, expectation]) => {
      const wrong = expectation(flags.get(flag));
      return wrong === undefined ? [] : [{ what: `--${flag} ${wrong}` }];
    }),
  );
}

const stated = (value: string | undefined): string => (value === undefined ? "is not set" : `is ${value}`);
const items = (value: string | undefined): string[] => (value ?? "").split(",").map((item) => item.trim());

/** The flag must have this value; where the program's default is another, leaving it out is wrong too. */
export const equals =
  (wanted: string): Expectation =>
  (value) =>
    value === wanted ? undefined : stated(value);

/** The flag may be left out, or have this value. */
export const equalsOrUnset =
  (wanted: string): Expectation =>
  (value) =>
    value === undefined || value === wanted ? undefined : stated(value);

/** The flag must be given, and not empty. */
export const present: Expectation = (value) =>
  value === undefined || value === "" ? "is not set" : undefined;

/** The flag must be left out. */
export const absent: Expectation = (value) =>
  value === undefined || value === "" ? undefined : stated(value);

/** The flag must be a number that is at least this. */
export const atLeast =
  (minimum: number): Expectation =>
  (value) =>
    value !== undefined && Number(value) >= minimum ? undefined : stated(value);

/** The list must name this. */
export const includes =
  (wanted: string): Expectation =>
  (value) =>
    items(value).includes(wanted) ? undefined : `${stated(value)} and lacks ${wanted}`;

/** The list must not name this. */
export const excludes =
  (refused: string): Expectation =>
  (value) =>
    items(value).includes(refused) ? stated(value) : undefined;

/** The list must be given, and name nothing else than these. */
export const onlyOf =
  (allowed: ReadonlySet<string>): Expectation =>
  (value) => {
    if (value === undefined) return "is not set";
    const others = items(value).filter((item) => !allowed.has(item));
    return others.length === 0 ? undefined : `names ${others.join(", ")}`;
  };
