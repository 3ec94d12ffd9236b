import type {
  ArtifactSpec,
  DirectorySpec,
  FileSpec,
  GuardedSpec,
  KernelModuleSpec,
  LinkSpec,
  MountSpec,
  NotApplicableSpec,
  ReadinessSpec,
  StepSpec,
  SysctlSpec,
  UnitSpec,
  UserSpec,
} from "./plan";
import { paths } from "./paths";
import { readWord, readWords, unquoteCommand } from "./unquote";
import { insideGroup } from "./whole-script";

/** What protects a unit while it restarts: see `SafeRestartSpec`. */
export interface ScriptSafeRestart {
  readonly ready: readonly string[];
  readonly timeoutSeconds: number;
  /** Empty when there is none. */
  readonly check: readonly string[];
  /** Everything that is put back when it does not become ready, but for its secret files. */
  readonly protects: readonly string[];
}

/** A unit as a script calls it: what the plan wants of it, with defaults filled in. */
export interface ScriptUnit {
  readonly name: string;
  readonly enabled: boolean;
  readonly state: NonNullable<UnitSpec["state"]>;
  /** Short digest of all whose change restarts it; `none` when nothing does. */
  readonly restartDigest: string;
  /** Short digest of all whose change reloads it; `none` when nothing does. */
  readonly reloadDigest: string;
  readonly needsOwnKernel: boolean;
  /** undefined when it is simply restarted. */
  readonly safeRestart: ScriptSafeRestart | undefined;
  /** Paths whose change restarts it, its own file included. */
  readonly restartOn: readonly string[];
  /** Paths whose change reloads it. */
  readonly reloadOn: readonly string[];
}

/** What a rendered script says, every default filled in. The names are those of `HostPlan`. */
export interface ScriptContents {
  /** The phase of the host, as `harden` or `node`. */
  readonly phase: string;
  readonly preconditions: readonly ReadinessSpec[];
  readonly packages: readonly string[];
  /** Names of groups, those included that are the primary group of a user. */
  readonly groups: readonly string[];
  readonly users: readonly Required<UserSpec>[];
  readonly directories: readonly Required<DirectorySpec>[];
  readonly artifacts: readonly ArtifactSpec[];
  /** All files, unit files and those included that follow from modules, parameters and mounts. */
  readonly files: readonly Required<FileSpec>[];
  readonly links: readonly LinkSpec[];
  readonly absent: readonly string[];
  readonly kernelModules: readonly KernelModuleSpec[];
  readonly sysctls: readonly Required<SysctlSpec>[];
  readonly mounts: readonly MountSpec[];
  /** Those included that come last. */
  readonly steps: readonly StepSpec[];
  readonly units: readonly ScriptUnit[];
  readonly readiness: readonly ReadinessSpec[];
  readonly notApplicableInContainer: readonly NotApplicableSpec[];
  readonly guarded: readonly GuardedSpec[];
}

/** One statement of the part that is the plan. */
export type Statement =
  | { readonly kind: "call"; readonly words: readonly string[]; readonly input: string | undefined }
  | { readonly kind: "entry"; readonly table: string; readonly key: string; readonly value: string };

const containerGuard = "if in_container; then ";
const marker = /^# --- the plan: (.+) ---\n/m;
/** How a script of secrets ends, and no plan's: `restart_readers` is no call of a plan. Earlier versions had no brace. */
const secretEnd = /\nrestart_readers\nreport\n(?:\}\n)?$/;

/** Whether a script is one of secrets, by its end. */
export function isSecretScript(script: string): boolean {
  return secretEnd.test(script);
}

function hereDocumentAt(text: string, at: number): { content: string; end: number } {
  const opening = /<<'(END_*)'\n/y;
  opening.lastIndex = at;
  const delimiter = opening.exec(text)?.[1];
  if (delimiter === undefined) throw new Error(`not understood: ${JSON.stringify(text.slice(at, at + 40))}`);
  const start = opening.lastIndex;
  // The line before the first one ends where the content starts, so an empty document is found too.
  const last = text.indexOf(`\n${delimiter}\n`, start - 1);
  if (last < 0) throw new Error(`a here-document has no end: ${delimiter}`);
  return { content: text.slice(start, last + 1), end: last + delimiter.length + 2 };
}

function expectText(text: string, at: number, expected: string): number {
  if (text.startsWith(expected, at)) return at + expected.length;
  throw new Error(`not understood: ${JSON.stringify(text.slice(at, at + 40))}`);
}

function statementAt(text: string, at: number): { statement: Statement; end: number } {
  if (text.startsWith(containerGuard, at)) {
    const { words, end } = readWords(text, at + containerGuard.length);
    return { statement: { kind: "call", words, input: undefined }, end: expectText(text, end, "; fi\n") };
  }
  const { words, end } = readWords(text, at);
  if (text[end] === "[") {
    const key = readWord(text, end + 1);
    const value = readWord(text, expectText(text, key.end, "]="));
    const statement = { kind: "entry", table: words.join(" "), key: key.word, value: value.word } as const;
    return { statement, end: expectText(text, value.end, "\n") };
  }
  if (text[end] === "\n") return { statement: { kind: "call", words, input: undefined }, end: end + 1 };
  const input = hereDocumentAt(text, expectText(text, end, " "));
  return { statement: { kind: "call", words, input: input.content }, end: input.end };
}

/**
 * All statements of the part of a script that is no fixed function.
 *
 * @throws when it holds anything else than calls and entries of tables, as `script.ts` and `secret-files.ts` write them.
 */
export function statements(text: string): Statement[] {
  const found: Statement[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === "\n") {
      at += 1;
      continue;
    }
    const { statement, end } = statementAt(text, at);
    found.push(statement);
    at = end;
  }
  return found;
}

/** A call of one of the fixed functions. */
export type Call = Extract<Statement, { kind: "call" }>;

/** Arguments of a call, each of which must be there. */
function required(call: Call, count: number): string[] {
  const args = call.words.slice(1, count + 1);
  if (args.length === count) return args;
  throw new Error(`too few arguments: ${JSON.stringify(call.words.join(" "))}`);
}

/** `0644` of stat(1)'s `644`. */
function fourDigits(mode: string): string {
  if (!/^[0-7]{1,4}$/.test(mode)) throw new Error(`"${mode}" is no mode`);
  return mode.padStart(4, "0");
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is no number`);
  return Number(text);
}

function oneOf<Word extends string>(word: string, allowed: readonly Word[]): Word {
  const known = allowed.find((candidate) => candidate === word);
  if (known === undefined) throw new Error(`"${word}" is none of ${allowed.join(", ")}`);
  return known;
}

function readUser(call: Call): Required<UserSpec> {
  const [name = "", group = "", home = "", shell = "", kind = ""] = required(call, 5);
  const system = oneOf(kind, ["system", "login"]) === "system";
  return { name, group, home, shell, system, groups: call.words.slice(6) };
}

/** The directory that a call makes. */
export function readDirectory(call: Call): Required<DirectorySpec> {
  const [path = "", owner = "", group = "", mode = ""] = required(call, 4);
  return { path, owner, group, mode: fourDigits(mode) };
}

/** The file that a call writes. */
export function readFile(call: Call): Required<FileSpec> {
  if (call.input === undefined) throw new Error(`file ${call.words[1] ?? ""} has no content`);
  return { ...readDirectory(call), content: call.input, validate: call.words.slice(5) };
}

function readArtifact(call: Call): ArtifactSpec {
  const [name = "", version = "", url = "", sha256 = "", path = ""] = required(call, 5);
  return { name, version, url, sha256, path };
}

function readSysctl(call: Call): Required<SysctlSpec> {
  const [key = "", value = "", scope = ""] = required(call, 3);
  return { key, value, namespaced: oneOf(scope, ["namespaced", "kernel"]) === "namespaced" };
}

function readStep(call: Call): StepSpec {
  const [description = "", count = ""] = required(call, 2);
  const split = 3 + wholeNumber(count);
  return { description, unless: call.words.slice(3, split), command: call.words.slice(split) };
}

function readReadiness(call: Call): ReadinessSpec {
  const [description = "", seconds = ""] = required(call, 2);
  return { description, timeoutSeconds: wholeNumber(seconds), command: call.words.slice(3) };
}

/** Tables by name, key and value: `restarts`, `reloads` and `activation`. */
type Tables = ReadonlyMap<string, ReadonlyMap<string, string>>;

function readTables(entries: readonly Statement[]): Tables {
  const tables = new Map<string, Map<string, string>>(
    ["restarts", "reloads", "activation"].map((name) => [name, new Map()]),
  );
  for (const entry of entries) {
    if (entry.kind !== "entry") continue;
    const table = tables.get(entry.table);
    if (table === undefined) throw new Error(`there is no table ${entry.table}`);
    table.set(entry.key, entry.value);
  }
  return tables;
}

/** Keys of a table whose value names the unit. */
function pathsOf(tables: Tables, table: string, unit: string): string[] {
  const entries = [...(tables.get(table) ?? [])];
  return entries.filter(([, units]) => units.split(" ").includes(unit)).map(([path]) => path);
}

function readSafeRestart(call: Call): ScriptSafeRestart {
  const [, seconds = "", ready = "", check = ""] = required(call, 4);
  return {
    ready: unquoteCommand(ready),
    timeoutSeconds: wholeNumber(seconds),
    check: check === "" ? [] : unquoteCommand(check),
    protects: call.words.slice(5),
  };
}

function readUnit(call: Call, tables: Tables, safe: readonly Call[]): ScriptUnit {
  const [name = "", enabled = "", state = "", restartDigest = "", reloadDigest = ""] = required(call, 5);
  const protection = safe.find(({ words }) => words[1] === name);
  return {
    name,
    enabled: oneOf(enabled, ["enabled", "disabled"]) === "enabled",
    state: oneOf(state, ["started", "stopped", "masked"]),
    restartDigest,
    reloadDigest,
    needsOwnKernel: call.words[6] === "needs-own-kernel",
    safeRestart: protection && readSafeRestart(protection),
    restartOn: pathsOf(tables, "restarts", name),
    reloadOn: pathsOf(tables, "reloads", name),
  };
}

/** Modules that may not load stand in no call, only in the file that modprobe(8) reads. */
function blockedModules(files: readonly FileSpec[], phase: string): KernelModuleSpec[] {
  const file = files.find(({ path }) => path === `/etc/modprobe.d/redoubt-${phase}.conf`);
  const names = [...(file?.content ?? "").matchAll(/^blacklist (.+)$/gm)].map((match) => match[1] ?? "");
  return names.map((name) => ({ name, state: "blocked" }));
}

/** Mount options stand in no call, only in the unit that remounts. */
function mountsOf(files: readonly FileSpec[], phase: string): MountSpec[] {
  const file = files.find(({ path }) => path === `/etc/systemd/system/redoubt-mounts-${phase}.service`);
  const lines = [...(file?.content ?? "").matchAll(/ -o remount,(\S+) (.+)$/gm)];
  return lines.map(([, options = "", path = ""]) => ({ path, options: options.split(",") }));
}

/** Calls that only make effective what the calls before them said. */
const closingCalls = new Set([
  "artifacts_done",
  "units_done",
  "activations_done",
  "safe_units_done",
  "report",
]);
const knownCalls = new Set([
  ...closingCalls,
  ...["packages", "group", "user", "directory", "artifact", "file", "link", "absent", "module_loaded"],
  ...["kernel_parameter", "step", "skip_in_container", "unit", "safe_unit", "precondition", "ready"],
]);

function contentsOf(phase: string, found: readonly Statement[]): ScriptContents {
  const calls = found.filter((statement): statement is Call => statement.kind === "call");
  const unknown = calls.find(({ words }) => !knownCalls.has(words[0] ?? ""));
  if (unknown !== undefined) throw new Error(`there is no call ${JSON.stringify(unknown.words[0])}`);
  if (calls.at(-1)?.words[0] !== "report") throw new Error("it is cut off: its last call is no report");
  const each = <Item>(name: string, read: (call: Call) => Item): Item[] =>
    calls.filter(({ words }) => words[0] === name).map(read);
  const first = (call: Call): string => required(call, 1)[0] ?? "";
  const tables = readTables(found);
  const safe = calls.filter(({ words }) => words[0] === "safe_unit");
  const files = each("file", readFile);
  return {
    phase,
    preconditions: each("precondition", readReadiness),
    packages: each("packages", ({ words }) => words.slice(1)).flat(),
    groups: [...new Set(each("group", first))],
    users: each("user", readUser),
    directories: each("directory", readDirectory),
    artifacts: each("artifact", readArtifact),
    files,
    links: each("link", (call) => ({ path: first(call), target: required(call, 2)[1] ?? "" })),
    absent: each("absent", first),
    kernelModules: [
      ...each("module_loaded", (call) => ({ name: first(call), state: "loaded" }) as const),
      ...blockedModules(files, phase),
    ],
    sysctls: each("kernel_parameter", readSysctl),
    mounts: mountsOf(files, phase),
    steps: each("step", readStep),
    units: each("unit", (call) => readUnit(call, tables, safe)),
    readiness: each("ready", readReadiness),
    notApplicableInContainer: each("skip_in_container", (call) => {
      const [what = "", why = ""] = required(call, 2);
      return { what, why };
    }),
    guarded: [...(tables.get("activation") ?? [])].map(([path, activate]) => ({
      path,
      activate: unquoteCommand(activate),
    })),
  };
}

/** The functions that a script leaves on the host, a file like those of its plan. */
function broughtFunctions(beforePlan: string): Required<FileSpec>[] {
  const begin = `cat >${paths.functions}.new `;
  const at = beforePlan.indexOf(begin);
  if (at < 0) return [];
  const { content } = hereDocumentAt(beforePlan, at + begin.length);
  return [{ path: paths.functions, content, owner: "root", group: "root", mode: "0644", validate: [] }];
}

/**
 * The inverse of `renderScript`: what the script of a remote command does to its host. Only the part after the fixed functions
 * is read, so a script of another version of them is read as well.
 *
 * @returns undefined for everything that is no plan's script: scripts of secrets, confirmations, other commands.
 * @throws when the script is a plan's, but says something that this version does not know: a reader must not take such a
 * script for one that does less.
 */
export function readScript(script: string): ScriptContents | undefined {
  const start = marker.exec(script);
  const phase = start?.[1];
  if (start === null || phase === undefined || isSecretScript(script)) return undefined;
  try {
    const contents = contentsOf(phase, statements(insideGroup(script.slice(start.index + start[0].length))));
    return { ...contents, files: [...broughtFunctions(script.slice(0, start.index)), ...contents.files] };
  } catch (error) {
    throw new Error(`the script of phase ${phase} can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
