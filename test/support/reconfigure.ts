import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { TestCluster } from "./cluster";

/** Blocks of settings by key, as `apiServer`; null removes one. */
export type SettingsChange = Readonly<Record<string, object | null>>;

/** Changes blocks of a test cluster's configuration; what else stands in the file, as the salt of the stack, stays. */
export function reconfigure(cluster: TestCluster, change: SettingsChange): void {
  const file = parse(readFileSync(cluster.configFile, "utf8")) as { config: Record<string, unknown> };
  const changed = Object.entries(change).map(([key, value]) => [`redoubt:${key}`, value] as const);
  const removed = new Set<string>(changed.filter(([, value]) => value === null).map(([key]) => key));
  const config = Object.fromEntries(
    [...Object.entries(file.config), ...changed].filter(([key]) => !removed.has(key)),
  );
  writeFileSync(cluster.configFile, stringify({ ...file, config }, { lineWidth: 0 }));
}
