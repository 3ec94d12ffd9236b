import { minorVersion } from "../components/plan/minor-version";
import type { ArtifactSpec } from "../components/plan/plan";
import type { ScriptContents, ScriptUnit } from "../components/plan/read-script";
import type { Change, FieldChange } from "./change";
import { fieldChanges } from "./fields";
import { compareImpact, type Impact } from "./impact";
import { pathImpact, removalImpact, type PlanChange } from "./path-impact";
import { flagChanges } from "./unit-file";
import { isControlPlaneUnit, restartImpact } from "./unit-impact";
import { unifiedDiff } from "./unified";

type HostChange = Omit<Change, "place">;

/** An item that is there before, after, or on both sides and different. */
interface Pair<Item> {
  readonly key: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** Items of two lists by what they are known by; equal ones are left out. */
function pairs<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string,
): Pair<Item>[] {
  const [old, next] = [before, after].map((items) => new Map(items.map((item) => [keyOf(item), item])));
  const keys = [...new Set([...(old?.keys() ?? []), ...(next?.keys() ?? [])])];
  return keys
    .map((key) => ({ key, before: old?.get(key), after: next?.get(key) }))
    .filter((pair) => JSON.stringify(pair.before) !== JSON.stringify(pair.after));
}

function operationOf({ before, after }: Pair<unknown>): "create" | "update" | "delete" {
  if (before === undefined) return "create";
  return after === undefined ? "delete" : "update";
}

const none = (reason: string): Impact => ({ class: "none", reason });
/** A plan says what shall be, and undoes nothing that it no longer names. */
const forgotten = none("no longer in the plan; it stays on the host as it is");

/** etcd that starts with another data folder starts empty. */
function dataFolderImpact(flags: readonly FieldChange[]): Impact | undefined {
  const folder = flags.find(({ path, before }) => path === "--data-dir" && before !== undefined);
  if (folder === undefined) return undefined;
  return {
    class: "data-loss",
    reason: `etcd leaves its data behind in ${folder.before ?? ""} and starts empty`,
  };
}

function fileChange(pair: Pair<ScriptContents["files"][number]>, plans: PlanChange): HostChange {
  const { key, before, after } = pair;
  const flags = key.endsWith(".service") ? flagChanges(before?.content, after?.content) : [];
  const attributes = fieldChanges(
    before && { owner: before.owner, group: before.group, mode: before.mode },
    after && { owner: after.owner, group: after.group, mode: after.mode },
  );
  const diff = unifiedDiff(before?.content, after?.content);
  const onlyAttributes = diff === "" && before !== undefined && after !== undefined;
  const impact = onlyAttributes
    ? none("only who may read or write it changes")
    : after === undefined
      ? forgotten
      : ((key.endsWith("/etcd.service") ? dataFolderImpact(flags) : undefined) ??
        pathImpact(key, plans, after.content));
  return {
    title: `file ${key}`,
    operation: operationOf(pair),
    impact,
    ...(diff === "" ? {} : { diff }),
    fields: [...flags, ...(before === undefined || after === undefined ? [] : attributes)],
  };
}

function artifactImpact({ before, after }: Pair<ArtifactSpec>, plans: PlanChange): Impact {
  if (after === undefined) return forgotten;
  if (
    after.name === "kubelet" &&
    before !== undefined &&
    minorVersion(before.version) !== minorVersion(after.version)
  ) {
    return {
      class: "drain",
      reason:
        "its pods move to other nodes first: a kubelet must not change its minor version under them (kubernetes.io/releases/version-skew-policy)",
    };
  }
  return pathImpact(after.path, plans);
}

function artifactChange(pair: Pair<ArtifactSpec>, plans: PlanChange): HostChange {
  const { name, path } = pair.after ?? pair.before ?? { name: "", path: "" };
  return {
    title: `program ${name} (${path})`,
    operation: operationOf(pair),
    impact: artifactImpact(pair, plans),
    fields: fieldChanges(
      pair.before && { version: pair.before.version, url: pair.before.url, sha256: pair.before.sha256 },
      pair.after && { version: pair.after.version, url: pair.after.url, sha256: pair.after.sha256 },
    ),
  };
}

function unitImpact({ key, before, after }: Pair<ScriptUnit>): Impact {
  if (after === undefined) return forgotten;
  if (before === undefined) return none("it starts for the first time");
  if (after.state !== "started" && before.state === "started") {
    const impact = restartImpact(key);
    return { ...impact, reason: `${key} stops${isControlPlaneUnit(key) ? " on this control plane" : ""}` };
  }
  if (before.state !== "started") return none("it starts");
  return none("only whether it starts at boot changes");
}

/** What a unit shall be doing. What restarts it is told by the files that do; a digest only when no file tells. */
function unitChange(pair: Pair<ScriptUnit>): HostChange {
  const said = (unit: ScriptUnit | undefined): Record<string, unknown> | undefined =>
    unit && { enabled: unit.enabled, state: unit.state };
  return {
    title: `unit ${pair.key}`,
    operation: operationOf(pair),
    impact: unitImpact(pair),
    fields: fieldChanges(said(pair.before), said(pair.after)),
  };
}

/** Units that will restart although no file that the reader sees changes. */
function hiddenRestarts(
  before: ScriptContents,
  after: ScriptContents,
  seen: readonly string[],
): HostChange[] {
  return after.units
    .filter(({ name }) => !derivedFile.test(`/etc/systemd/system/${name}`))
    .flatMap((unit): HostChange[] => {
      const old = before.units.find(({ name }) => name === unit.name);
      const isRestarted =
        old !== undefined && old.restartDigest !== unit.restartDigest && unit.state === "started";
      if (!isRestarted || unit.restartOn.some((path) => seen.includes(path))) return [];
      const impact = restartImpact(unit.name);
      return [
        {
          title: `unit ${unit.name}`,
          operation: "update",
          impact,
          fields: fieldChanges({ restartOn: old.restartOn }, { restartOn: unit.restartOn }),
        },
      ];
    });
}

/** A list whose items are named by what is done with them, and whose removal undoes nothing. */
function namedChanges<Item>(
  title: string,
  found: readonly Pair<Item>[],
  impact: (item: Item, pair: Pair<Item>) => Impact,
): HostChange[] {
  return found.map((pair) => ({
    title: `${title} ${pair.key}`,
    operation: operationOf(pair),
    impact: pair.after === undefined ? forgotten : impact(pair.after, pair),
    fields:
      typeof pair.after === "string" || typeof pair.before === "string"
        ? []
        : fieldChanges(pair.before as Record<string, unknown>, pair.after as Record<string, unknown>),
  }));
}

function packageImpact(name: string): Impact {
  if (name.startsWith("linux-image-"))
    return { class: "reboot", reason: "a new kernel runs after the next boot" };
  return none("it is installed beside what runs");
}

function hostItemChanges(plans: PlanChange): HostChange[] {
  const { before, after } = plans;
  const text = (item: string): string => item;
  const byName = (item: { readonly name: string }): string => item.name;
  const byPath = (item: { readonly path: string }): string => item.path;
  const byDescription = (item: { readonly description: string }): string => item.description;
  return [
    ...namedChanges("package", pairs(before.packages, after.packages, text), packageImpact),
    ...namedChanges("group", pairs(before.groups, after.groups, text), () => none("it is made")),
    ...namedChanges("user", pairs(before.users, after.users, byName), () =>
      none("who is logged in stays logged in"),
    ),
    ...namedChanges("directory", pairs(before.directories, after.directories, byPath), () =>
      none("only who may read or write it changes"),
    ),
    ...namedChanges("link", pairs(before.links, after.links, byPath), ({ path }) => pathImpact(path, plans)),
    ...namedChanges("removal of", pairs(before.absent, after.absent, text), (path) =>
      removalImpact(path, plans),
    ),
    ...namedChanges("kernel module", pairs(before.kernelModules, after.kernelModules, byName), ({ state }) =>
      state === "loaded"
        ? { class: "reload", reason: "it is loaded at once" }
        : {
            class: "reboot",
            reason: "a module that is loaded stays loaded until the next boot (modprobe.d(5))",
          },
    ),
    ...namedChanges(
      "sysctl",
      pairs(before.sysctls, after.sysctls, (item) => item.key),
      () => ({ class: "reload", reason: "the kernel takes it at once" }),
    ),
    ...namedChanges("mount options of", pairs(before.mounts, after.mounts, byPath), () => ({
      class: "reload",
      reason: "it is remounted at once",
    })),
    ...namedChanges("step", pairs(before.steps, after.steps, byDescription), ({ unless }) =>
      none(`it runs unless "${unless.join(" ")}" holds`),
    ),
    ...namedChanges("precondition", pairs(before.preconditions, after.preconditions, byDescription), () =>
      none("only what is waited for before anything changes is another"),
    ),
    ...namedChanges("readiness", pairs(before.readiness, after.readiness, byDescription), () =>
      none("only what up waits for changes"),
    ),
    ...namedChanges(
      "not applicable in a container:",
      pairs(before.notApplicableInContainer, after.notApplicableInContainer, (item) => item.what),
      () => none("only what is reported changes"),
    ),
    ...namedChanges("guard of", pairs(before.guarded, after.guarded, byPath), () =>
      none("only how a change of it is tried changes"),
    ),
  ];
}

const shownUnit = (unit: ScriptUnit): ScriptUnit => ({
  ...unit,
  restartDigest: "",
  reloadDigest: "",
  restartOn: [],
  reloadOn: [],
});

/** Files that follow from what is told anyway: modules, parameters, mounts. */
const derivedFile =
  /^\/etc\/(modules-load\.d\/redoubt-|modprobe\.d\/redoubt-|sysctl\.d\/zz-redoubt-|systemd\/system\/redoubt-mounts-)[^/]+$/;

/**
 * What a host's script will do that it did not do before, worst first.
 *
 * @param before What the script of the last `up` says; undefined for a host, or a phase of it, that is new.
 */
export function scriptChanges(before: ScriptContents | undefined, after: ScriptContents): HostChange[] {
  if (before === undefined) return [newPhase(after)];
  const plans = { before, after };
  const files = pairs(before.files, after.files, ({ path }) => path);
  const artifacts = pairs(before.artifacts, after.artifacts, ({ path }) => path);
  const links = pairs(before.links, after.links, ({ path }) => path);
  const seen = [...files, ...artifacts, ...links].map(({ key }) => key);
  const changes = [
    ...files.filter(({ key }) => !derivedFile.test(key)).map((pair) => fileChange(pair, plans)),
    ...artifacts.map((pair) => artifactChange(pair, plans)),
    ...pairs(before.units.map(shownUnit), after.units.map(shownUnit), ({ name }) => name).map(unitChange),
    ...hiddenRestarts(before, after, seen),
    ...hostItemChanges(plans),
  ];
  return changes.sort((left, right) => compareImpact(left.impact, right.impact));
}

/** A phase that a host did not have: nothing of it ran before, so there is nothing to compare. */
function newPhase(script: ScriptContents): HostChange {
  const count = (items: readonly unknown[], one: string, many: string): string[] =>
    items.length === 0 ? [] : [`${items.length} ${items.length === 1 ? one : many}`];
  const parts = [
    ...count(script.packages, "package", "packages"),
    ...count(script.artifacts, "program", "programs"),
    ...count(script.files, "file", "files"),
    ...count(script.units, "unit", "units"),
    ...count(script.sysctls, "kernel parameter", "kernel parameters"),
  ];
  return {
    title: `phase ${script.phase}`,
    operation: "create",
    impact: none(`it is new on this host: ${parts.join(", ")}`),
  };
}
