import type { ScriptContents, ScriptUnit } from "../components/plan/read-script";
import { worstImpact, type Impact } from "./impact";
import { reloadImpact, restartImpact } from "./unit-impact";

const quiet: Impact = { class: "none", reason: "nothing that runs depends on it" };

/** Paths that the kernel, or what starts before everything else, reads at boot only; the page of the manual says so. */
const bootPaths: readonly (readonly [RegExp, string])[] = [
  [/^\/etc\/modprobe\.d\//, "a module that is loaded stays loaded until the next boot (modprobe.d(5))"],
  [/^\/etc\/default\/grub/, "the kernel's command line is read at boot"],
  [/^\/etc\/fstab$/, "mounts of fstab(5) are made at boot"],
  [/^\/boot\//, "the boot loader reads it"],
];

/** Configuration of the pod network: a pod keeps the network that it was born with (CNI specification, ADD). */
const podNetworkFolder = "/etc/cni/net.d/";

/** Where etcd keeps its data. */
const etcdData = /^\/var\/lib\/etcd(\/|$)/;

function bootImpact(path: string, content: string | undefined): Impact | undefined {
  const known = bootPaths.find(([pattern]) => pattern.test(path));
  if (known !== undefined) return { class: "reboot", reason: known[1] };
  // audit.rules(5): -e 2 locks the rules until the next boot.
  if (path.startsWith("/etc/audit/rules.d/") && /^-e 2$/m.test(content ?? "")) {
    return { class: "reboot", reason: "audit rules are locked (-e 2) until the next boot (auditctl(8))" };
  }
  return undefined;
}

/** What makes a guarded file effective runs at once; what it reloads keeps running. */
function guardImpact(path: string, script: ScriptContents): Impact | undefined {
  const guard = script.guarded.find((item) => item.path === path);
  if (guard === undefined) return undefined;
  const command = guard.activate.join(" ");
  const reason = `"${command}" makes it effective; it is put back unless a second login confirms it within 60 s`;
  return { class: "reload", reason };
}

/** The plan of a host as it was and as it will be. */
export interface PlanChange {
  readonly before: ScriptContents;
  readonly after: ScriptContents;
}

/**
 * What it means that something else lies at a path of a host. The units of the new plan tell what depends on it; one that did not
 * run before can't be disturbed.
 *
 * @param content The new content of a file.
 */
export function pathImpact(path: string, { before, after: script }: PlanChange, content?: string): Impact {
  const runs = ({ name }: ScriptUnit): boolean =>
    before.units.some((unit) => unit.name === name && unit.state === "started");
  const disturbed = script.units.filter((unit) => unit.state === "started" && runs(unit));
  const impacts = [
    ...disturbed.filter((unit) => unit.restartOn.includes(path)).map((unit) => restartImpact(unit.name)),
    ...disturbed.filter((unit) => unit.reloadOn.includes(path)).map((unit) => reloadImpact(unit.name)),
    guardImpact(path, script),
    bootImpact(path, content),
    path.startsWith(podNetworkFolder)
      ? ({
          class: "drain",
          reason: "pods keep the network they were born with until they are made again",
        } as const)
      : undefined,
  ];
  return worstImpact(
    impacts.filter((impact): impact is Impact => impact !== undefined),
    quiet,
  );
}

/** What it means that a path is removed. */
export function removalImpact(path: string, plans: PlanChange): Impact {
  if (etcdData.test(path)) return { class: "data-loss", reason: "etcd keeps the cluster's data there" };
  return pathImpact(path, plans);
}
