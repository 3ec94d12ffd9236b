/** A flag that is given once per value, for programs that do not split at commas (pflag's StringArray). */
export interface RepeatedFlag {
  readonly repeat: readonly string[];
}

/** Value of a command line flag; a list is joined by commas, `undefined` leaves the flag out. */
export type FlagValue = string | number | boolean | readonly string[] | RepeatedFlag | undefined;

function textsOf(value: Exclude<FlagValue, undefined>): readonly string[] {
  if (typeof value !== "object") return [String(value)];
  return "repeat" in value ? value.repeat : [value.join(",")];
}

/**
 * Flags as `--name=value`, sorted by name, so that a change shows as one line.
 *
 * @param flags Names without dashes, exactly as in the program's documentation.
 */
export function renderFlags(flags: Readonly<Record<string, FlagValue>>): string[] {
  return Object.entries(flags)
    .filter((entry): entry is [string, Exclude<FlagValue, undefined>] => entry[1] !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, value]) => textsOf(value).map((text) => `--${name}=${text}`));
}
