import { isDeepStrictEqual } from "node:util";
import type { FieldChange } from "./change";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as text: strings as they are, all else as JSON. */
export function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

const keyPart = (key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;

type Plain = string | number | boolean;

function isPlainList(value: unknown): value is readonly Plain[] {
  return Array.isArray(value) && value.every((item) => ["string", "number", "boolean"].includes(typeof item));
}

function sameMembers(before: readonly Plain[], after: readonly Plain[]): boolean {
  return before.every((item) => after.includes(item)) && after.every((item) => before.includes(item));
}

/** Lists of plain values are compared as sets: an added name shows as that one name. */
function memberChanges(path: string, before: readonly Plain[], after: readonly Plain[]): FieldChange[] {
  const named = path.replace(/^\./, "");
  return [
    ...before
      .filter((item) => !after.includes(item))
      .map((item) => ({ path: named, before: shown(item), after: undefined })),
    ...after
      .filter((item) => !before.includes(item))
      .map((item) => ({ path: named, before: undefined, after: shown(item) })),
  ];
}

function changesAt(path: string, before: unknown, after: unknown): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesAt(`${path}${keyPart(key)}`, before[key], after[key]));
  }
  if (isPlainList(before) && isPlainList(after) && !sameMembers(before, after))
    return memberChanges(path, before, after);
  // Lists of one length are compared place by place; else it would be a guess which item moved.
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => changesAt(`${path}[${index}]`, item, after[index]));
  }
  return [{ path: path.replace(/^\./, ""), before: shown(before), after: shown(after) }];
}

/** Every value that differs, by its path; what the SDK adds for itself (`__defaults`) is left out. */
export function fieldChanges(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>> | undefined,
): FieldChange[] {
  return changesAt("", before ?? {}, after ?? {}).filter(({ path }) => !path.includes("__defaults"));
}
