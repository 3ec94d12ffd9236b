import type { FieldChange } from "./change";

/** The command line of a unit, without line continuations (systemd.service(5), ExecStart=). */
function commandLine(content: string): string {
  const lines = content.replace(/\\\n\s*/g, " ").split("\n");
  return lines.find((line) => line.startsWith("ExecStart=")) ?? "";
}

/** Flags of a unit's command line by name; a flag without a value is `true`. */
export function unitFlags(content: string): ReadonlyMap<string, string> {
  const words = commandLine(content).split(/\s+/).slice(1);
  return new Map(
    words
      .filter((word) => word.startsWith("--"))
      .map((word) => {
        const [name = "", ...value] = word.split("=");
        return [name, value.length === 0 ? "true" : value.join("=")];
      }),
  );
}

/** Flags that differ between two versions of a unit file. */
export function flagChanges(before: string | undefined, after: string | undefined): FieldChange[] {
  const [old, next] = [unitFlags(before ?? ""), unitFlags(after ?? "")];
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return names
    .filter((name) => old.get(name) !== next.get(name))
    .map((path) => ({ path, before: old.get(path), after: next.get(path) }));
}
