import { createHash } from "node:crypto";
import { convergeFunctions } from "./functions";
import { hereDocument } from "./here-document";
import type { DirectorySpec, FileSpec, HostPlan, ReadinessSpec, StepSpec, UnitSpec, UserSpec } from "./plan";
import { paths } from "./paths";
import { shellCommand } from "./quote";
import { whenWhole } from "./whole-script";

const unitFolder = "/etc/systemd/system";

/** A phase of a host: one plan, one script, one resource. */
export type Phase = string;

/** `0644` as stat(1) prints it. */
function statMode(mode: string): string {
  return mode.replace(/^0+(?=[0-7])/, "");
}

function renderUser(user: UserSpec): string {
  const system = user.system === true;
  const home = user.home ?? (system ? "/nonexistent" : `/home/${user.name}`);
  const shell = user.shell ?? (system ? "/usr/sbin/nologin" : "/bin/bash");
  const primary = user.group ?? user.name;
  const words = [
    "user",
    user.name,
    primary,
    home,
    shell,
    system ? "system" : "login",
    ...(user.groups ?? []),
  ];
  return `${shellCommand(["group", primary])}\n${shellCommand(words)}\n`;
}

function renderDirectory(directory: DirectorySpec): string {
  const { owner = "root", group = "root", mode = "0755" } = directory;
  return `${shellCommand(["directory", directory.path, owner, group, statMode(mode)])}\n`;
}

function renderFile(file: FileSpec): string {
  const { owner = "root", group = "root", mode = "0644", validate = [] } = file;
  const words = ["file", file.path, owner, group, statMode(mode), ...validate];
  return `\n${shellCommand(words)} ${hereDocument(file.content)}`;
}

/** Unit files, and what the plan keeps in files of the phase, are files like any other. */
function derivedFiles(plan: HostPlan, phase: Phase): FileSpec[] {
  const units = plan.units
    .filter((unit): unit is UnitSpec & { content: string } => unit.content !== undefined)
    // CIS 4.1.1 wants 0600 for the kubelet's unit; nothing but systemd reads the others either.
    .map((unit) => ({ path: `${unitFolder}/${unit.name}`, content: unit.content, mode: "0600" }));
  const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join("");
  const loaded = plan.kernelModules
    .filter((module) => module.state === "loaded")
    .map((module) => module.name);
  const blocked = plan.kernelModules
    .filter((module) => module.state === "blocked")
    .map((module) => module.name);
  const optional: (FileSpec | undefined)[] = [
    loaded.length === 0
      ? undefined
      : { path: `/etc/modules-load.d/redoubt-${phase}.conf`, content: lines(loaded) },
    blocked.length === 0
      ? undefined
      : {
          path: `/etc/modprobe.d/redoubt-${phase}.conf`,
          content: lines(blocked.flatMap((name) => [`blacklist ${name}`, `install ${name} /bin/false`])),
        },
    plan.sysctls.length === 0
      ? undefined
      : {
          path: `/etc/sysctl.d/zz-redoubt-${phase}.conf`,
          content: lines(plan.sysctls.map(({ key, value }) => `${key} = ${value}`)),
        },
  ];
  return [...optional.filter((file): file is FileSpec => file !== undefined), ...units];
}

/** All files of a plan, those included that follow from its units, modules and parameters. */
export function planFiles(plan: HostPlan, phase: Phase): readonly FileSpec[] {
  return [...plan.files, ...derivedFiles(plan, phase), ...mountFiles(plan, phase)];
}

function mountUnitName(phase: Phase): string {
  return `redoubt-mounts-${phase}.service`;
}

/** Mount options survive a boot by a unit that remounts; where a path is no mount point it says so and goes on. */
function mountFiles(plan: HostPlan, phase: Phase): FileSpec[] {
  if (plan.mounts.length === 0) return [];
  const commands = plan.mounts
    .map((mount) => `ExecStart=-/usr/bin/mount -o remount,${mount.options.join(",")} ${mount.path}\n`)
    .join("");
  const content = `[Unit]\nDescription=Mount options of phase ${phase}\nAfter=local-fs.target\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\n${commands}\n[Install]\nWantedBy=multi-user.target\n`;
  return [{ path: `${unitFolder}/${mountUnitName(phase)}`, content, mode: "0600" }];
}

function unitsOf(plan: HostPlan, phase: Phase): readonly UnitSpec[] {
  return plan.mounts.length === 0 ? plan.units : [...plan.units, { name: mountUnitName(phase) }];
}

/** What a unit is started with, besides what it reads secretly: short, so that a preview shows which unit will restart. */
function digest(plan: HostPlan, files: readonly FileSpec[], watched: readonly string[]): string {
  if (watched.length === 0) return "none";
  const hash = createHash("sha256");
  for (const item of [...watched].sort()) {
    const file = files.find((candidate) => candidate.path === item);
    const artifact = plan.artifacts.find((candidate) => candidate.path === item);
    const link = plan.links.find((candidate) => candidate.path === item);
    hash.update(`${item}\n${file?.content ?? artifact?.sha256 ?? link?.target ?? ""}\n`);
  }
  return hash.digest("hex").slice(0, 12);
}

/** What a change of restarts a unit: its own file always. */
function restartPaths(unit: UnitSpec, files: readonly FileSpec[]): string[] {
  const own = `${unitFolder}/${unit.name}`;
  const hasOwn = files.some((file) => file.path === own);
  return [...(hasOwn ? [own] : []), ...(unit.restartOn ?? [])];
}

function renderUnitCall(plan: HostPlan, files: readonly FileSpec[], unit: UnitSpec): string {
  const state = unit.state ?? "started";
  const enabled = unit.enabled ?? state === "started";
  const words = [
    "unit",
    unit.name,
    enabled ? "enabled" : "disabled",
    state,
    digest(plan, files, restartPaths(unit, files)),
    digest(plan, files, unit.reloadOn ?? []),
    ...(unit.needsOwnKernel === true ? ["needs-own-kernel"] : []),
  ];
  return `${shellCommand(words)}\n`;
}

/** Tells the script what keeps a unit alive, before anything that it was started with is touched. */
function renderSafeUnit(files: readonly FileSpec[], unit: UnitSpec): string {
  if (unit.safeRestart === undefined) return "";
  const { ready, timeoutSeconds, check = [], alsoProtects = [] } = unit.safeRestart;
  const words = ["safe_unit", unit.name, String(timeoutSeconds), shellCommand(ready), shellCommand(check)];
  return `${shellCommand([...words, ...restartPaths(unit, files), ...alsoProtects])}\n`;
}

/** `declare`d tables that the functions look up: which units depend on a path, what makes a guarded file effective. */
function renderTables(plan: HostPlan, files: readonly FileSpec[], units: readonly UnitSpec[]): string {
  const restarts = new Map<string, string[]>();
  const reloads = new Map<string, string[]>();
  const add = (table: Map<string, string[]>, key: string, unit: string): void => {
    table.set(key, [...(table.get(key) ?? []), unit]);
  };
  for (const unit of units) {
    for (const item of restartPaths(unit, files)) add(restarts, item, unit.name);
    for (const item of unit.reloadOn ?? []) add(reloads, item, unit.name);
  }
  const assignments = [
    ...[...restarts].map(
      ([key, names]) => `restarts[${shellCommand([key])}]=${shellCommand([names.join(" ")])}\n`,
    ),
    ...[...reloads].map(
      ([key, names]) => `reloads[${shellCommand([key])}]=${shellCommand([names.join(" ")])}\n`,
    ),
    ...plan.guarded.map(
      (item) => `activation[${shellCommand([item.path])}]=${shellCommand([shellCommand(item.activate)])}\n`,
    ),
  ];
  return assignments.join("");
}

function renderCondition(call: "precondition" | "ready", item: ReadinessSpec): string {
  return `${shellCommand([call, item.description, String(item.timeoutSeconds), ...item.command])}\n`;
}

function renderStep({ description, unless, command }: StepSpec): string {
  return `${shellCommand(["step", description, String(unless.length), ...unless, ...command])}\n`;
}

function calls<Item>(items: readonly Item[], render: (item: Item) => string): string {
  return items.map(render).join("");
}

/**
 * One idempotent script for `sudo bash -s`. The text of every file stands in it as it will stand on disk, so a preview shows
 * the changed line of the changed file.
 *
 * @param phase Distinguishes the plans of one host; part of the names of derived files.
 */
export function renderScript(plan: HostPlan, phase: Phase): string {
  const files = planFiles(plan, phase);
  const units = unitsOf(plan, phase);
  const sections = [
    calls(plan.preconditions, (item) => renderCondition("precondition", item)),
    renderTables(plan, files, units),
    calls(units, (unit) => renderSafeUnit(files, unit)),
    plan.packages.length === 0 ? "" : `${shellCommand(["packages", ...plan.packages])}\n`,
    calls(plan.groups, (group) => `${shellCommand(["group", group.name])}\n`),
    calls(plan.users, renderUser),
    calls(plan.directories, renderDirectory),
    calls(
      plan.artifacts,
      (item) => `${shellCommand(["artifact", item.name, item.version, item.url, item.sha256, item.path])}\n`,
    ),
    plan.artifacts.length === 0 ? "" : "artifacts_done\n",
    calls(files, renderFile),
    calls(plan.links, (link) => `${shellCommand(["link", link.path, link.target])}\n`),
    calls(plan.absent, (item) => `${shellCommand(["absent", item])}\n`),
    calls(plan.kernelModules, (item) =>
      item.state === "loaded" ? `${shellCommand(["module_loaded", item.name])}\n` : "",
    ),
    calls(plan.sysctls, (item) => {
      const scope = item.namespaced === false ? "kernel" : "namespaced";
      return `${shellCommand(["kernel_parameter", item.key, item.value, scope])}\n`;
    }),
    calls(plan.steps, renderStep),
    calls(plan.notApplicableInContainer, (item) => {
      const words = shellCommand(["skip_in_container", item.what, item.why]);
      return `if in_container; then ${words}; fi\n`;
    }),
    calls(units, (unit) => renderUnitCall(plan, files, unit)),
    units.length === 0 ? "" : "units_done\n",
    plan.guarded.length === 0 ? "" : "activations_done\n",
    calls(plan.readiness, (item) => renderCondition("ready", item)),
    calls(plan.closingSteps, renderStep),
    units.some((unit) => unit.safeRestart !== undefined) ? "safe_units_done\n" : "",
    "report\n",
  ];
  const text = whenWhole(sections.filter((section) => section !== "").join("\n"));
  return `${convergeFunctions}\n# --- the plan: ${phase} ---\n\n${text}`;
}

/**
 * The script of the second login, that confirms a guarded change: it came through, so the timer of the revert is stopped.
 * When it came too late the host has its old files back; then it fails and says so.
 */
export function renderConfirm(plan: HostPlan, phase: Phase): string {
  const files = planFiles(plan, phase).filter((file) => plan.guarded.some((item) => item.path === file.path));
  const checks = files.map((file) => {
    const sha256 = createHash("sha256").update(file.content).digest("hex");
    return `confirm ${shellCommand([sha256, file.path])}\n`;
  });
  return `set -euo pipefail
confirm() {
  printf '%s  %s\\n' "$1" "$2" | sha256sum --check --status && return 0
  # Somebody else's change, made while the revert waited: it is put back all the same.
  [ ! -e ${paths.revert}/revert.sh ] || bash ${paths.revert}/revert.sh
  printf '%s was put back to what it was: no second login came within 60 s of its change. ' "$2" >&2
  printf 'Fix: make sure the change lets the operator in, then run up again with --replace of the resource that applies it\\n' >&2
  exit 1
}
${whenWhole(`systemctl stop redoubt-revert.timer 2>/dev/null || true
# One that has begun comes to its end, and what it did is seen.
for _ in {1..300}; do systemctl is-active --quiet redoubt-revert.service || break; sleep 0.2; done
${checks.join("")}if [ -e ${paths.revert} ]; then
  # A loss of power takes neither the new files back, nor the end of their revert.
  sync --file-system /etc ${paths.engineState}
  rm -rf ${paths.revert}
  sync ${paths.engineState}
fi
`)}`;
}
