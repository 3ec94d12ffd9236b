import { isDeepStrictEqual } from "node:util";
import type { Finding } from "./finding";
import { reportLines, reportValue } from "./text-diff";

/** One field that is not as it was wanted; undefined where there is none. */
export interface FieldDifference {
  readonly path: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Items that only one of two lists has; lists that differ in order alone are told whole. */
function listDifferences(
  path: string,
  wanted: readonly unknown[],
  found: readonly unknown[],
): FieldDifference[] {
  const lacks = (list: readonly unknown[], item: unknown): boolean =>
    !list.some((other) => isDeepStrictEqual(item, other));
  const gone = wanted.flatMap((item, index) =>
    lacks(found, item) ? [{ path: `${path}[${index}]`, wanted: item, found: undefined }] : [],
  );
  const added = found.flatMap((item, index) =>
    lacks(wanted, item) ? [{ path: `${path}[${index}]`, wanted: undefined, found: item }] : [],
  );
  return gone.length + added.length === 0 ? [{ path, wanted, found }] : [...gone, ...added];
}

/**
 * Fields that differ, as deep as maps and lists go.
 *
 * @param path Of what is compared. Default: none, it is the whole.
 */
export function differences(wanted: unknown, found: unknown, path = ""): FieldDifference[] {
  if (isDeepStrictEqual(wanted, found)) return [];
  const inner = (key: string): string => (path === "" ? key : `${path}.${key}`);
  if (isRecord(wanted) && isRecord(found)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
    return keys.flatMap((key) => differences(wanted[key], found[key], inner(key)));
  }
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length === found.length) {
    return wanted.flatMap((item: unknown, index) => differences(item, found[index], `${path}[${index}]`));
  }
  if (Array.isArray(wanted) && Array.isArray(found)) return listDifferences(path, wanted, found);
  return [{ path, wanted, found }];
}

function shown(value: unknown): string {
  return value === undefined ? "not there" : reportValue(JSON.stringify(value));
}

/** Differences as a finding tells them, secrets left out; undefined when there are none. */
export function tellDifferences(
  fields: readonly FieldDifference[],
): Pick<Finding, "wanted" | "found" | "diff"> | undefined {
  const [first] = fields;
  if (first === undefined) return undefined;
  const lines = fields.flatMap(({ path, wanted, found }) => [
    ...(wanted === undefined ? [] : [`-${path}: ${shown(wanted)}`]),
    ...(found === undefined ? [] : [`+${path}: ${shown(found)}`]),
  ]);
  return {
    wanted: shown(first.wanted),
    found: `${first.path} is ${shown(first.found)}`,
    diff: reportLines(lines),
  };
}
