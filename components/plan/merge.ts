import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { HostPlan, PlanFragment, UnitSpec } from "./plan";

const emptyPlan: HostPlan = {
  preconditions: [],
  packages: [],
  groups: [],
  users: [],
  directories: [],
  artifacts: [],
  files: [],
  links: [],
  absent: [],
  kernelModules: [],
  sysctls: [],
  mounts: [],
  steps: [],
  units: [],
  readiness: [],
  closingSteps: [],
  notApplicableInContainer: [],
  guarded: [],
};

/** What downloads an artifact by https; a store of files needs nothing. */
const downloader: PlanFragment = { packages: ["ca-certificates", "curl"] };

/** What an item of a list is known by; two subjects that mean the same thing must say the same of it. */
function identity(kind: keyof HostPlan, item: unknown): string {
  if (typeof item === "string") return item;
  const known = item as { path?: string; name?: string; key?: string; description?: string; what?: string };
  const id = known.path ?? known.name ?? known.key ?? known.description ?? known.what;
  if (id === undefined) throw new Error(`plan: an entry of ${kind} has no identity: ${JSON.stringify(item)}`);
  return id;
}

/** Two specs of one unit become one when the second only adds what restarts or reloads it. */
function joinUnits(first: UnitSpec, second: UnitSpec): UnitSpec | undefined {
  const { name, restartOn = [], reloadOn = [], ...rest } = second;
  if (name !== first.name || Object.keys(rest).length > 0) return undefined;
  return {
    ...first,
    restartOn: [...new Set([...(first.restartOn ?? []), ...restartOn])],
    reloadOn: [...new Set([...(first.reloadOn ?? []), ...reloadOn])],
  };
}

/** One list of the plan, joined from all subjects. */
function joinList(kind: keyof HostPlan, fragments: readonly (readonly [string, PlanFragment])[]): unknown[] {
  const owners = new Map<string, { subject: string; item: unknown }>();
  for (const [subject, fragment] of fragments) {
    for (const item of (fragment[kind] ?? []) as readonly unknown[]) {
      const id = identity(kind, item);
      const owner = owners.get(id);
      if (owner === undefined) {
        owners.set(id, { subject, item });
        continue;
      }
      if (isDeepStrictEqual(owner.item, item)) continue;
      const joined = kind === "units" ? joinUnits(owner.item as UnitSpec, item as UnitSpec) : undefined;
      if (joined === undefined) {
        throw new Error(`plan: ${kind} ${id} is wanted in two ways, by ${owner.subject} and by ${subject}`);
      }
      owner.item = joined;
    }
  }
  return [...owners.values()].map((owner) => owner.item);
}

function checkPath(kind: string, value: string): void {
  if (
    !value.startsWith("/") ||
    path.normalize(value) !== value ||
    value.endsWith("/") ||
    /[\0\n]/.test(value)
  ) {
    throw new Error(`plan: ${kind} ${JSON.stringify(value)} is not an absolute, plain path`);
  }
}

function checkMode(value: string, mode: string | undefined): void {
  if (mode === undefined || /^[0-7]{4}$/.test(mode)) return;
  throw new Error(`plan: ${value} has mode ${JSON.stringify(mode)}; a mode has four octal digits, as 0644`);
}

function checkPlan(plan: HostPlan): HostPlan {
  for (const kind of ["directories", "files", "links", "artifacts"] as const) {
    for (const item of plan[kind]) checkPath(kind, item.path);
  }
  for (const item of [...plan.files, ...plan.directories]) checkMode(item.path, item.mode);
  for (const file of plan.files) {
    if (!file.content.endsWith("\n")) throw new Error(`plan: file ${file.path} does not end with a newline`);
    if (file.content.includes("\0")) throw new Error(`plan: file ${file.path} contains a NUL character`);
  }
  for (const { path: guarded } of plan.guarded) {
    if (!plan.files.some((file) => file.path === guarded)) {
      throw new Error(`plan: ${guarded} is guarded, but no file of the plan`);
    }
  }
  return plan;
}

/**
 * Joins what the subjects of a host want to one plan.
 *
 * @param fragments By subject, as `sshd` or `kubelet`; the names appear in errors only.
 * @throws when two subjects want one path, unit, user or parameter in different ways, or a spec is malformed.
 */
export function mergeFragments(fragments: Readonly<Record<string, PlanFragment>>): HostPlan {
  const downloads = Object.values(fragments).some(({ artifacts = [] }) =>
    artifacts.some(({ url }) => url.startsWith("https://")),
  );
  const entries = Object.entries(downloads ? { ...fragments, download: downloader } : fragments);
  const plan: HostPlan = { ...emptyPlan };
  const lists = Object.fromEntries(
    (Object.keys(emptyPlan) as (keyof HostPlan)[]).map((kind) => [kind, joinList(kind, entries)]),
  );
  return checkPlan({ ...plan, ...(lists as Partial<HostPlan>) });
}
