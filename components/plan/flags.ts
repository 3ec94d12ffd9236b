/** Value of a command line flag; a list is joined by commas, `undefined` leaves the flag out. */
export type FlagValue = string | number | boolean | readonly string[] | undefined;

/**
 * Flags as `--name=value`, sorted by name, so that a change shows as one line.
 *
 * @param flags Names without dashes, exactly as in the program's documentation.
 */
export function renderFlags(flags: Readonly<Record<string, FlagValue>>): string[] {
  return Object.entries(flags)
    .filter((entry): entry is [string, Exclude<FlagValue, undefined>] => entry[1] !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `--${name}=${Array.isArray(value) ? value.join(",") : String(value)}`);
}
