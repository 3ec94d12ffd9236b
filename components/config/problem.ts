/** Something that is wrong with a setting: where, what it is, and what to do. */
export interface Problem {
  /** Path of the setting, as `network.podCidr`. */
  readonly setting: string;
  readonly value: unknown;
  readonly rule: string;
  readonly fix: string;
}

/** The one block whose values are secret, and stay out of every message. */
export const secretKey = "secrets";

/** A value as an error shows it; a secret one is not shown. */
function shownValue(setting: string, value: unknown): string {
  const isSecret = setting === secretKey || setting.startsWith(`${secretKey}.`);
  return isSecret ? "[secret]" : JSON.stringify(value);
}

/** Every problem on a line of its own: setting, value, rule, fix. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ setting, value, rule, fix }) => {
    const shown = value === undefined ? "" : ` = ${shownValue(setting, value)}`;
    return `  - redoubt:${setting}${shown}: ${rule}. Fix: ${fix}`;
  });
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return `${count} wrong; nothing was changed:\n${lines.join("\n")}`;
}
