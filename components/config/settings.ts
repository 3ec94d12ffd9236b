import { RunError } from "@pulumi/pulumi/errors";
import type { z } from "zod";
import { fillAuthentication } from "./authentication-settings";
import { crossCheck } from "./cross-checks";
import { jsonOrText } from "./json-or-text";
import { defaultRenewBeforeHours } from "./lifetime-checks";
import { describeProblems, secretKey, type Problem } from "./problem";
import { settingsSchema, type Settings } from "./schema";

/** The part of `pulumi.Config` that settings are read by. */
export interface ConfigSource {
  get(key: string): string | undefined;
}

/** Keys of the configuration, each holding one block of settings. */
export const settingKeys = Object.keys(settingsSchema.shape);

/** What stands under a path of the raw configuration. */
function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    raw,
  );
}

/** `network.allow[0].ports`: the path as one would type it. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
}

/** How many single-letter edits lie between two words. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** Names of settings that stand beside an unknown one. */
function namesAt(path: readonly PropertyKey[]): string[] {
  const parsed = settingsSchema.safeParse({});
  const block: unknown = parsed.success ? valueAt(parsed.data, path) : undefined;
  if (path.length === 0) return settingKeys;
  return typeof block === "object" && block !== null ? Object.keys(block) : [];
}

function unknownKeyFix(path: readonly PropertyKey[], key: string): string {
  const nearest = namesAt(path).sort((left, right) => distance(key, left) - distance(key, right))[0];
  const close = nearest !== undefined && distance(key, nearest) <= 3;
  return close
    ? `did you mean ${nearest}? Otherwise remove it`
    : "remove it; docs/settings.md lists all settings";
}

function schemaProblems(raw: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        setting: pathText([...issue.path, key]),
        value: valueAt(raw, [...issue.path, key]),
        rule: "is no setting",
        fix: unknownKeyFix(issue.path, key),
      }));
    }
    const value = valueAt(raw, issue.path);
    return [{ setting: pathText(issue.path), value, rule: issue.message, fix: "see docs/settings.md" }];
  });
}

/** The configuration without the blocks' fields that the schema refused; their defaults stand in for them. */
function withoutWrong(raw: Readonly<Record<string, unknown>>, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(raw) as Record<string, unknown>;
  for (const issue of issues) {
    const [key, field] = issue.code === "unrecognized_keys" ? [...issue.path, ...issue.keys] : issue.path;
    const block = copy[String(key)];
    if (field !== undefined && typeof block === "object" && block !== null && !Array.isArray(block)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy, made to be taken apart
      delete (block as Record<string, unknown>)[String(field)];
    } else {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy, made to be taken apart
      delete copy[String(key)];
    }
  }
  return copy;
}

/** A setting that only looks missing, because something below it was wrong and it was left out for that. */
function isLeftOut({ setting, value }: Problem, wrong: readonly Problem[]): boolean {
  if (value !== undefined) return false;
  return wrong.some(
    (known) => /^[.[]/.test(known.setting.slice(setting.length)) && known.setting.startsWith(setting),
  );
}

/** Defaults that depend on other settings. */
function fillDefaults(parsed: z.infer<typeof settingsSchema>, stack: string): Settings {
  return {
    ...parsed,
    clusterName: parsed.clusterName ?? stack,
    authentication: fillAuthentication(parsed.authentication, parsed.network.clusterDomain),
    pki: {
      ...parsed.pki,
      renewBeforeHours: parsed.pki.renewBeforeHours ?? defaultRenewBeforeHours(parsed.pki.leafValidityHours),
      // What `npm run up` made on a box, `npm run destroy` must be able to remove.
      protect: parsed.pki.protect ?? parsed.hosts.provider !== "local",
    },
  };
}

/**
 * Reads raw values against the schema and checks their relations.
 *
 * @param stack Name of the stack; the default of `clusterName`.
 * @param found Problems that are known already, to be reported with the others.
 * @throws RunError, one that names every wrong setting, before any resource is registered.
 */
export function parseSettings(
  raw: Readonly<Record<string, unknown>>,
  stack: string,
  found: readonly Problem[] = [],
): Settings {
  const parsed = settingsSchema.safeParse(raw);
  const wrong = parsed.success ? [] : schemaProblems(raw, parsed.error.issues);
  const problems = [...found, ...wrong];
  // What is right by itself is checked against its neighbours even when something else is wrong: one run shows all.
  const usable = parsed.success ? parsed : settingsSchema.safeParse(withoutWrong(raw, parsed.error.issues));
  if (usable.success) {
    const related = crossCheck(fillDefaults(usable.data, stack));
    problems.push(...related.filter((problem) => !isLeftOut(problem, wrong)));
  }
  if (!parsed.success || problems.length > 0) throw new RunError(describeProblems(problems));
  return fillDefaults(parsed.data, stack);
}

function readKey(config: ConfigSource, key: string): unknown {
  const text = config.get(key);
  return text === undefined ? undefined : jsonOrText(text);
}

/** Whether Pulumi read a key, or a part of it, as a secret: language hosts pass the names of such keys by this variable. */
function isConfigSecret(key: string): boolean {
  const names: unknown = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]");
  return Array.isArray(names) && names.includes(key);
}

/** A secret that stands in the file in clear would be read by everybody who reads the file. */
function plainSecretProblems(raw: Readonly<Record<string, unknown>>, isSecret: boolean): Problem[] {
  const value = raw[secretKey];
  const isEmpty = value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
  if (isSecret || isEmpty) return [];
  const fix =
    "set each value with pulumi config set --secret --path redoubt:secrets.NAME, and change what was in clear";
  return [{ setting: secretKey, value, rule: "is in plain text", fix }];
}

/**
 * All settings of the environment; see {@link parseSettings}. Pulumi marks a whole key as secret when a value below it was set with
 * `--secret`; so what is secret has a key of its own.
 *
 * @param isSecret Whether a key, with its namespace, was set as a secret. Default: Pulumi's word for it.
 */
export function readSettings(
  config: ConfigSource,
  stack: string,
  isSecret: (key: string) => boolean = isConfigSecret,
): Settings {
  const entries = settingKeys
    .map((key) => [key, readKey(config, key)] as const)
    .filter(([, value]) => value !== undefined);
  const raw = Object.fromEntries(entries);
  return parseSettings(raw, stack, plainSecretProblems(raw, isSecret(`redoubt:${secretKey}`)));
}
