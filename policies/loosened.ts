import { configuredLevel, everyPolicy } from "./configuration";
import { defaultLevel, type Rule, type Setting } from "./rule";
import { fields, texts, type Fields } from "./structured-files";

const strictness: Readonly<Record<string, number>> = { disabled: 0, advisory: 1, mandatory: 2, remediate: 2 };

/** Whether a level is weaker than the rule's own. */
const isLower = (rule: Rule, level: string): boolean =>
  (strictness[level] ?? 0) < (strictness[defaultLevel(rule)] ?? 0);

function ownLevels(rules: readonly Rule[], configuration: Fields): string[] {
  return rules.flatMap((rule) => {
    const level = configuredLevel(configuration, rule.id);
    if (level === undefined || !isLower(rule, level)) return [];
    return [`${rule.id} is ${level} here, not ${defaultLevel(rule)}`];
  });
}

/** One line for all that has no level of its own: an environment that only speaks would else tell of every rule. */
function commonLevel(rules: readonly Rule[], configuration: Fields): string[] {
  const level = configuredLevel(configuration, everyPolicy);
  if (level === undefined) return [];
  const lowered = rules.filter(
    (rule) => configuredLevel(configuration, rule.id) === undefined && isLower(rule, level),
  );
  return lowered.length === 0
    ? []
    : [
        `${lowered.length} rules without a level in the configuration are ${level} here, which is below their own`,
      ];
}

/** What a setting lets through beyond its default; undefined when that is nothing. */
function beyond(name: string, value: unknown, byDefault: Setting): string | undefined {
  if (typeof byDefault !== "number") {
    const more = texts(value).filter((item) => !byDefault.includes(item));
    return more.length === 0 ? undefined : `has ${more.join(", ")} beside its default`;
  }
  // A least value is loosened by a smaller one.
  const looser = name.startsWith("min") ? Number(value) < byDefault : Number(value) > byDefault;
  return looser ? `is ${Number(value)} here, not ${byDefault}` : undefined;
}

function settingsOf(rule: Rule, configuration: Fields): string[] {
  const own = fields(configuration[rule.id]);
  return Object.entries(rule.settings ?? {}).flatMap(([name, setting]) => {
    const what = own[name] === undefined ? undefined : beyond(name, own[name], setting.default);
    return what === undefined ? [] : [`${rule.id}: ${name} ${what}`];
  });
}

/** What the configuration of an environment takes back from the rules' own levels and limits, one line each. */
export function loosened(rules: readonly Rule[], configuration: Fields): string[] {
  return [
    ...commonLevel(rules, configuration),
    ...ownLevels(rules, configuration),
    ...rules.flatMap((rule) => settingsOf(rule, configuration)),
  ];
}
