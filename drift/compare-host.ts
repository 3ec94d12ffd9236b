import type { EntryOf, ManifestEntry } from "../components/plan/manifest";
import type { HostRole } from "../components/plan/ports";
import type { Finding, Repair } from "./finding";
import type { HostFacts, PathFact } from "./host-facts";
import { entriesOf } from "./look-script";
import { sshdConfiguration, sshdDifferences } from "./sshd-settings";
import { reportLines, textDiff } from "./text-diff";

/** A promise, and which resources keep it. */
export interface Promised {
  readonly entry: ManifestEntry;
  /** Resources whose run puts it right. */
  readonly urns: readonly string[];
}

/** What is known of a host that is compared. */
export interface HostExpectation {
  /** What it does in the cluster; undefined for a host that is no node. */
  readonly role: HostRole | undefined;
  /** The user that the stack logs in as. */
  readonly adminUser: string;
  /** Where its sshd answers. */
  readonly sshPort: number;
  readonly promised: readonly Promised[];
  /** Resources that bring it programs; empty where it mounts them, or downloads all of them. */
  readonly deliveries: readonly string[];
}

/** What is compared with what, for one kind of entry: how the two read when they differ, undefined when they agree. */
type Comparison =
  | {
      readonly subject: string;
      readonly wanted: string;
      readonly found: string;
      readonly diff?: readonly string[];
    }
  | undefined;

function difference(subject: string, wanted: string, found: string): Comparison {
  return wanted === found ? undefined : { subject, wanted, found };
}

const typeNames: Readonly<Record<string, string>> = { f: "a file", d: "a directory", l: "a link" };

/** `root:root 0644`, led by what the path is when that is wrong too. */
function describePath(path: PathFact | undefined, type: string): string {
  if (path === undefined) return "nothing is there";
  if (path.type !== type) return `${typeNames[path.type] ?? "something else"} is there`;
  return `${path.owner}:${path.group} ${path.mode}`;
}

function compareOwned(entry: EntryOf<"file" | "directory">, facts: HostFacts): Comparison {
  const found = describePath(facts.paths.get(entry.path), entry.kind === "file" ? "f" : "d");
  return difference(`${entry.kind} ${entry.path}`, `${entry.owner}:${entry.group} ${entry.mode}`, found);
}

function compareFile(entry: EntryOf<"file">, facts: HostFacts): Comparison {
  const owned = compareOwned(entry, facts);
  const sum = facts.checksums.get(entry.path);
  // Where there is no file its owner says so already.
  if (sum === entry.sha256 || facts.paths.get(entry.path)?.type !== "f") return owned;
  const also = owned === undefined ? "" : ` (${owned.found} instead of ${owned.wanted})`;
  return {
    subject: `file ${entry.path}`,
    wanted: `content sha256 ${entry.sha256.slice(0, 12)}`,
    found: `content sha256 ${sum?.slice(0, 12) ?? "none"}${also}`,
  };
}

function compareLink(subject: string, wanted: string, path: PathFact | undefined): Comparison {
  const found = path?.type === "l" ? `a link to ${path.target}` : describePath(path, "l");
  return difference(subject, `a link to ${wanted}`, found);
}

function compareArtifact(entry: EntryOf<"artifact">, facts: HostFacts): Comparison {
  const subject = `artifact ${entry.path}`;
  const path = facts.paths.get(entry.path);
  const link = entry.target === undefined ? undefined : compareLink(subject, entry.target, path);
  const sum = facts.checksums.get(entry.path)?.slice(0, 12) ?? "none";
  return link ?? difference(subject, `sha256 ${entry.sha256.slice(0, 12)}`, `sha256 ${sum}`);
}

function compareUser(entry: EntryOf<"user">, facts: HostFacts): Comparison {
  const subject = `user ${entry.name}`;
  const account = facts.accounts.find(({ name }) => name === entry.name);
  const missing = entry.groups.filter((group) => facts.groups.get(group)?.includes(entry.name) !== true);
  if (account === undefined) return { subject, wanted: "is there", found: "is not there" };
  if (missing.length > 0) {
    return { subject, wanted: `in group ${missing.join(", ")}`, found: "not in it" };
  }
  return difference(subject, `shell ${entry.shell}`, `shell ${account.shell}`);
}

function compareSysctl(entry: EntryOf<"sysctl">, facts: HostFacts): Comparison {
  // Those of the whole kernel are the box's; those that this kernel lacks can't be set in a container.
  const found = facts.sysctls.get(entry.key);
  if (facts.container && (!entry.namespaced || found === undefined)) return undefined;
  if (found === undefined && entry.key.startsWith("net.ipv6.") && !facts.ipv6) return undefined;
  return difference(`sysctl ${entry.key}`, entry.value, found ?? "there is no such parameter");
}

/** Unit file states that need no enabling and know no other, as converge.sh sees it (systemctl(1), is-enabled). */
const lastingStates = ["static", "indirect", "alias"];

function describeUnit(enabled: boolean, active: string): string {
  return `${enabled ? "enabled" : "disabled"}, ${active}`;
}

function compareUnit(entry: EntryOf<"unit">, facts: HostFacts): Comparison {
  if (entry.needsOwnKernel && facts.container) return undefined;
  const subject = `unit ${entry.name}`;
  const unit = facts.units.get(entry.name);
  const file = unit?.file ?? "";
  if (entry.state === "masked")
    return difference(subject, "masked", file === "masked" ? "masked" : file || "not masked");
  if (unit === undefined || unit.load === "not-found") {
    return entry.state === "started"
      ? { subject, wanted: "is there", found: "there is no such unit" }
      : undefined;
  }
  if (file === "masked" && entry.enabled) return { subject, wanted: "enabled, active", found: "masked" };
  const enabled = lastingStates.includes(file) ? entry.enabled : file === "enabled";
  const stopped = unit.active === "inactive" || unit.active === "failed";
  const wantedActivity = entry.state === "started" ? "active" : stopped ? unit.active : "inactive";
  return difference(subject, describeUnit(entry.enabled, wantedActivity), describeUnit(enabled, unit.active));
}

function compareStep(entry: EntryOf<"step">, index: number, facts: HostFacts): Comparison {
  const { exit, output } = facts.check(`step ${index}`) ?? {
    exit: 1,
    output: "its check did not end in time",
  };
  if (exit === 0) return undefined;
  // Checks that compare say what differs.
  const said = output.trim() === "" ? [] : reportLines(output.trimEnd().split("\n"));
  return { subject: entry.description, wanted: "so", found: "not so", diff: said };
}

function compareEntry(entry: ManifestEntry, stepIndex: number, facts: HostFacts): Comparison {
  switch (entry.kind) {
    case "package":
      return difference(
        `package ${entry.name}`,
        "installed",
        facts.packages.has(entry.name) ? "installed" : "not installed",
      );
    case "group":
      return difference(
        `group ${entry.name}`,
        "is there",
        facts.groups.has(entry.name) ? "is there" : "is not there",
      );
    case "user":
      return compareUser(entry, facts);
    case "directory":
      return compareOwned(entry, facts);
    case "file":
      return compareFile(entry, facts);
    case "link":
      return compareLink(`link ${entry.path}`, entry.target, facts.paths.get(entry.path));
    case "artifact":
      return compareArtifact(entry, facts);
    case "absent":
      return difference(
        `absent ${entry.path}`,
        "nothing is there",
        facts.paths.has(entry.path) ? "something is there" : "nothing is there",
      );
    case "sysctl":
      return compareSysctl(entry, facts);
    case "step":
      return compareStep(entry, stepIndex, facts);
    case "unit":
      return compareUnit(entry, facts);
  }
}

/** Of an artifact whose link is right but whose store holds something else: it is brought again, where the store is the host's own. */
function repairOfStore(target: string, urns: readonly string[], deliveries: readonly string[]): Repair {
  if (deliveries.length > 0) return { by: "up", way: "replace", urns: [...deliveries, ...urns] };
  return {
    by: "hand",
    advice: `the box's cache holds another ${target}: remove that folder below "tools" there (REDOUBT_CACHE, ~/.cache/redoubt), and run npm run up -- --repair`,
  };
}

function repairOf(
  entry: ManifestEntry,
  urns: readonly string[],
  found: string,
  deliveries: readonly string[],
): Repair {
  const isStore = entry.kind === "artifact" && entry.target !== undefined && found.startsWith("sha256");
  return isStore ? repairOfStore(entry.target, urns, deliveries) : { by: "up", way: "replace", urns };
}

/** Files whose content differs and may be shown. */
export function differingFiles(expectation: HostExpectation, facts: HostFacts): string[] {
  const files = entriesOf(
    expectation.promised.map(({ entry }) => entry),
    "file",
  );
  const { checksums, paths } = facts;
  return files
    .filter(({ path, shown, sha256 }) => {
      const sum = checksums.get(path);
      return shown !== undefined && sum !== undefined && sum !== sha256 && paths.get(path)?.type === "f";
    })
    .map(({ path }) => path);
}

/**
 * What of a plan is not so on the host.
 *
 * @param contents Contents of the files of {@link differingFiles}, by path.
 */
export function comparePromised(
  expectation: HostExpectation,
  facts: HostFacts,
  contents: ReadonlyMap<string, string>,
): Finding[] {
  let steps = 0;
  return expectation.promised.flatMap(({ entry, urns }) => {
    const compared = compareEntry(entry, entry.kind === "step" ? steps++ : 0, facts);
    if (compared === undefined) return [];
    const content = entry.kind === "file" ? contents.get(entry.path) : undefined;
    const shown = entry.kind === "file" ? entry.shown : undefined;
    const said = compared.diff ?? [];
    const diff = content === undefined || shown === undefined ? said : textDiff(shown, content);
    return [{ ...compared, diff, repair: repairOf(entry, urns, compared.found, expectation.deliveries) }];
  });
}

/** Effective settings of sshd that are not the plan's, whoever changed them in whatever file. */
export function compareSshd(expectation: HostExpectation, facts: HostFacts): Finding[] {
  const promised = expectation.promised.find(
    ({ entry }) => entry.kind === "file" && entry.path === sshdConfiguration,
  );
  if (promised?.entry.kind !== "file" || promised.entry.shown === undefined) return [];
  const { shown, sha256 } = promised.entry;
  // A changed file of the plan is put right by `up`; the same settings changed by another file are not.
  const own = facts.checksums.get(sshdConfiguration) !== sha256;
  const repair: Repair = own
    ? { by: "up", way: "replace", urns: promised.urns }
    : {
        by: "hand",
        advice:
          "another file of sshd's sets it (sshd_config(5)): look into /etc/ssh/sshd_config and sshd_config.d",
      };
  const everybody = sshdDifferences(shown, facts.sshd("sshd"));
  const known = new Set(everybody.map(({ keyword }) => keyword));
  const root = sshdDifferences(shown, facts.sshd("sshd-root")).filter(({ keyword }) => !known.has(keyword));
  return [
    ...everybody.map((item) => ({ ...item, subject: `sshd -T ${item.keyword}` })),
    ...root.map((item) => ({ ...item, subject: `sshd -T ${item.keyword} for root` })),
  ].map(({ subject, wanted, found }) => ({ subject, wanted, found, diff: [], repair }));
}
