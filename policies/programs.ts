import path from "node:path";
import { etcdVariables, flagsOf } from "./command-line";
import { goBoolean } from "./go-boolean";
import { scriptRule, type HostScript } from "./host-script";
import { memoize } from "./memo";
import type { Finding, ResourceRule, RuleInfo } from "./rule";
import { findingsOfEach } from "./undecided";
import { commandWords, directiveValues } from "./unit-file";

/** A program as a unit starts it. */
export interface Program {
  /** Name of the unit, as `kube-apiserver.service`. */
  readonly unit: string;
  /** Flags without dashes, as the program takes them; those of etcd may come from its environment. */
  readonly flags: ReadonlyMap<string, string>;
}

const unitFolder = "/etc/systemd/system";

/** Contents of a unit file and its drop-ins, in the order in which systemd reads them. */
function unitContents(script: HostScript, unit: string): string[] {
  const own = script.files.filter((file) => file.path === `${unitFolder}/${unit}`);
  const dropIns = script.files
    .filter((file) => path.dirname(file.path) === `${unitFolder}/${unit}.d`)
    .sort((left, right) => (left.path < right.path ? -1 : 1));
  return [...own, ...dropIns].map((file) => file.content);
}

/** Variables that a unit sets for what it starts, as `NAME=value`. */
function assignments(contents: readonly string[]): string[] {
  return directiveValues(contents, "Service", "Environment").flatMap(commandWords);
}

/** A program with its flags; on the command line they beat the environment (etcd.io/docs/v3.6/op-guide/configuration). */
function startedBy(unit: string, contents: readonly string[], line: string): Program & { name: string } {
  // `-`, `@`, `:`, `+` and `!` before the program are systemd's.
  const [program = "", ...words] = commandWords(line.replace(/^[-@:+!]+/, ""));
  const name = path.basename(program);
  const given = flagsOf(name, words);
  if (name !== "etcd") return { name, unit, flags: given };
  return { name, unit, flags: new Map([...etcdVariables(assignments(contents)), ...given]) };
}

/** Every program that units of a script start, with its name. */
const started = memoize((script: HostScript) => {
  const units = script.files
    .filter((file) => path.dirname(file.path) === unitFolder && file.path.endsWith(".service"))
    .map((file) => path.basename(file.path));
  return units.flatMap((unit) => {
    const contents = unitContents(script, unit);
    return directiveValues(contents, "Service", "ExecStart").map((line) => startedBy(unit, contents, line));
  });
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
    findingsOfEach(programs(script, name), (program) =>
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

/** Whether a flag's text means the value; a boolean has many spellings. */
function means(value: string | undefined, wanted: string): boolean {
  const wish = goBoolean(wanted);
  return value === wanted || (wish !== undefined && goBoolean(value) === wish);
}

/** The flag must have this value; where the program's default is another, leaving it out is wrong too. */
export const equals =
  (wanted: string): Expectation =>
  (value) =>
    means(value, wanted) ? undefined : stated(value);

/** The flag may be left out, or have this value. */
export const equalsOrUnset =
  (wanted: string): Expectation =>
  (value) =>
    value === undefined || means(value, wanted) ? undefined : stated(value);

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
