import type { PolicyConfigSchema, PolicyResource, ResourceValidationArgs } from "@pulumi/policy";

/** How a violation is taken: `mandatory` refuses the change, `advisory` speaks of it. */
export type Level = "mandatory" | "advisory";

/** Parts of the pack, one file each or a few. */
export type Subject =
  | "hosts"
  | "certificates"
  | "api-server"
  | "aggregation"
  | "controllers"
  | "nodes"
  | "files"
  | "authorization"
  | "network"
  | "secrets"
  | "etcd"
  | "aws";

/** What every rule says of itself; the page of rules is made from it. */
export interface RuleInfo {
  /** Name of the policy: in messages, in pack configuration, in waivers. Begins with its subject. */
  readonly id: string;
  /** Ids of CIS Kubernetes Benchmark 1.12 that it stands for. */
  readonly cis?: readonly string[];
  /** What must be so, in one sentence. */
  readonly rule: string;
  /** What an attacker gets otherwise. */
  readonly why: string;
  /** Where the rule is from, beside its CIS ids. */
  readonly source?: string;
  /** What to do about a violation. */
  readonly fix: string;
  /** Level where no configuration says another. Default: `mandatory`. */
  readonly level?: Level;
}

/** One violation. */
export interface Finding {
  /** What a waiver names. Default: the name of the resource. */
  readonly subject?: string;
  /** The place in the resource, as `kube-apiserver.service`. */
  readonly where?: string;
  /** What is so and should not be. */
  readonly what: string;
  /** URN of the resource; for rules on the whole stack. */
  readonly urn?: string;
  /** True when `what` says why the rule can't tell here; then it is no violation. */
  readonly undecided?: true;
}

/** A value that the configuration of the pack may change. */
export type Setting = number | readonly string[];

/** Settings of a rule by name, with their defaults. */
export type Settings = Readonly<Record<string, { readonly description: string; readonly default: Setting }>>;

/** Values of a rule's settings. */
export type SettingValues<Known extends Settings> = {
  readonly [Name in keyof Known]: Known[Name]["default"] extends number ? number : readonly string[];
};

/** A resource as a rule sees it: its inputs, with secrets in plain text. Reading an unknown value throws. */
export type Judged = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props" | "opts">;

/** A resource at the end of a preview or an update: its outputs, its inputs, and which resources they come from. */
export interface Deployed extends Pick<PolicyResource, "type" | "name" | "urn" | "props" | "opts"> {
  /** As the rules on single resources saw them; outputs of a resource that none saw. */
  readonly inputs: Judged["props"];
  /** URNs of what each input comes from. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
}

/** A rule that judges one resource, before it is made. */
export interface ResourceRule extends RuleInfo {
  readonly kind: "resource";
  /** Types that it judges; undefined is all. */
  readonly types?: readonly string[];
  readonly settings?: Settings;
  readonly check: (resource: Judged, settings: Readonly<Record<string, Setting>>) => readonly Finding[];
}

/** A rule that judges how resources belong together, at the end. */
export interface StackRule extends RuleInfo {
  readonly kind: "stack";
  readonly settings?: Settings;
  readonly check: (
    resources: readonly Deployed[],
    settings: Readonly<Record<string, Setting>>,
  ) => readonly Finding[];
}

/** Any rule of the pack. */
export type Rule = ResourceRule | StackRule;

/** Thrown by a rule that can't tell: neither kept nor broken. What is unknown in a preview throws by itself. */
export class Undecided extends Error {}

/** A rule without settings on resources of the given types. */
export function resourceRule(
  types: readonly string[] | undefined,
  info: RuleInfo,
  check: (resource: Judged) => readonly Finding[],
): ResourceRule {
  return { ...info, kind: "resource", ...(types === undefined ? {} : { types }), check };
}

/** A rule without settings on the whole stack. */
export function stackRule(
  info: RuleInfo,
  check: (resources: readonly Deployed[]) => readonly Finding[],
): StackRule {
  return { ...info, kind: "stack", check };
}

/** A rule with settings on resources of the given types. */
export function configuredRule<Known extends Settings>(
  types: readonly string[],
  info: RuleInfo,
  settings: Known,
  check: (resource: Judged, values: SettingValues<Known>) => readonly Finding[],
): ResourceRule {
  // The engine checks values against the schema that is made of the same table.
  return { ...info, kind: "resource", types, settings, check: check as ResourceRule["check"] };
}

/** The level of a rule where nothing else is configured. */
export function defaultLevel(rule: RuleInfo): Level {
  return rule.level ?? "mandatory";
}

/** Settings as the engine wants them described: it refuses values of another type, and fills defaults in. */
export function configSchema(settings: Settings): PolicyConfigSchema {
  const properties = Object.entries(settings).map(([name, setting]) => {
    const type = typeof setting.default === "number" ? "number" : "array";
    const items = type === "array" ? { items: { type: "string" as const } } : {};
    const value = typeof setting.default === "number" ? setting.default : [...setting.default];
    return [name, { type, ...items, description: setting.description, default: value }] as const;
  });
  return { properties: Object.fromEntries(properties) };
}

/** Values of a rule's settings: configured ones, else defaults. */
export function settingValues(
  rule: Rule,
  configured: Readonly<Record<string, Setting>>,
): Readonly<Record<string, Setting>> {
  const defaults = Object.entries(rule.settings ?? {}).map(
    ([name, setting]) => [name, setting.default] as const,
  );
  return { ...Object.fromEntries(defaults), ...configured };
}

/** What, where, why, source and fix of a violation, in one line. */
export function renderMessage(rule: RuleInfo, finding: Finding): string {
  const where = finding.where === undefined ? "" : `${finding.where}: `;
  return `${where}${finding.what}. Rule: ${rule.rule}. Why: ${rule.why} (${sourceOf(rule)}). Fix: ${rule.fix}`;
}

/** A value in a message: texts as they are, everything else as JSON. */
export function shown(value: unknown): string {
  if (value === undefined) return "not set";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** CIS ids and other sources of a rule. */
export function sourceOf(rule: RuleInfo): string {
  const cis = rule.cis === undefined ? [] : [`CIS Kubernetes 1.12: ${rule.cis.join(", ")}`];
  return [...cis, ...(rule.source === undefined ? [] : [rule.source])].join("; ");
}
