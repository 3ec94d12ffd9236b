import type { Change } from "./change";
import { fieldChanges } from "./fields";
import { hostOf, type ReportedHost } from "./hosts";
import type { Impact } from "./impact";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

/** Resources that are a host's machine: while they live, so does its disk. */
const machineTypes = new Set(["command:local:Command", "aws:ec2/instance:Instance"]);
const hardenedHost = "redoubt:hosts:HardenedHost";

function isMachine(step: Step, hosts: readonly ReportedHost[]): boolean {
  const { type, parentTypes, name } = parseUrn(step.urn);
  return (
    machineTypes.has(type) &&
    (parentTypes.at(-1)?.startsWith("redoubt:hosts:") ?? false) &&
    hostOf(name, hosts) !== undefined
  );
}

/** Whether {@link machineChanges} tells of the step. */
export function isMachineStep(step: Step, hosts: readonly ReportedHost[]): boolean {
  return isMachine(step, hosts) || parseUrn(step.urn).type === hardenedHost;
}

/** Hosts whose disk goes. */
interface LostHosts {
  /** With the host itself. */
  readonly gone: ReadonlySet<string>;
  readonly madeAgain: ReadonlySet<string>;
}

function lostHosts(steps: readonly Step[], hosts: readonly ReportedHost[]): LostHosts {
  const by = (operation: Step["operation"]): Set<string> =>
    new Set(
      steps
        .filter((step) => step.operation === operation && isMachineStep(step, hosts))
        .map(({ urn }) => hostOf(parseUrn(urn).name, hosts)?.name ?? ""),
    );
  return { gone: by("delete"), madeAgain: by("replace") };
}

/**
 * Members that leave are taken out of etcd one by one before their hosts go, so the last one that stays has all data. Members whose
 * machine is made again lose theirs while they count, and etcd stands as long as a majority does (etcd.io/docs, "Failure modes").
 */
function memberImpact(
  name: string,
  lost: LostHosts,
  hosts: readonly ReportedHost[],
  newcomers: ReadonlySet<string>,
): Impact {
  const members = hosts
    .filter((host) => host.role === "control-plane" && !newcomers.has(host.name))
    .map((host) => host.name);
  const left = members.filter((member) => !lost.gone.has(member) && !lost.madeAgain.has(member)).length;
  const needed = members.some((member) => lost.madeAgain.has(member))
    ? Math.floor(members.length / 2) + 1
    : 1;
  if (left < needed) {
    return {
      class: "data-loss",
      reason: `etcd keeps ${left} of ${members.length} members and needs ${needed}: the cluster's data goes with ${name}`,
    };
  }
  return {
    class: "drain",
    reason: `its pods and its etcd member go; ${left} of ${members.length} members keep the data`,
  };
}

function lostImpact(
  host: ReportedHost,
  lost: LostHosts,
  hosts: readonly ReportedHost[],
  newcomers: ReadonlySet<string>,
): Impact {
  if (host.role === "worker") {
    return {
      class: "drain",
      reason: "its pods stop and start elsewhere, and what they keep on its disk (emptyDir, hostPath) goes",
    };
  }
  if (host.role === undefined) {
    return { class: "data-loss", reason: "this recording does not tell whether it holds a member of etcd" };
  }
  return memberImpact(host.name, lost, hosts, newcomers);
}

/** One change for each host that comes, goes, or is made again; machines before what runs on them. */
export function machineChanges(steps: readonly Step[], hosts: readonly ReportedHost[]): Change[] {
  const lost = lostHosts(steps, hosts);
  const own = steps.filter((step) => isMachineStep(step, hosts) && step.operation !== "same");
  const newcomers = new Set(
    own
      .filter(({ operation }) => operation === "create")
      .map(({ urn }) => hostOf(parseUrn(urn).name, hosts)?.name ?? ""),
  );
  const told = new Map<string, Change>();
  for (const step of own) {
    const host = hostOf(parseUrn(step.urn).name, hosts);
    if (host === undefined || step.operation === "same") continue;
    const isComponent = parseUrn(step.urn).type === hardenedHost;
    // A component tells only of hosts without a machine of ours.
    if (isComponent && (told.has(host.name) || step.operation === "update")) continue;
    told.set(host.name, machineChange(step, step.operation, host, lostImpact(host, lost, hosts, newcomers)));
  }
  return [...told.values()];
}

function machineChange(
  step: Step,
  operation: Change["operation"],
  host: ReportedHost,
  whenLost: Impact,
): Change {
  const isLost = operation === "delete" || operation === "replace";
  const impacts = {
    create: { class: "none", reason: "a new host joins" },
    update: { class: "none", reason: "the machine stays; its settings are written again" },
  } as const;
  return {
    place: host.name,
    title: operation === "delete" ? "host leaves the cluster" : "machine",
    operation,
    impact: isLost ? whenLost : impacts[operation === "create" ? "create" : "update"],
    fields:
      operation === "update" || operation === "replace" ? fieldChanges(step.oldInputs, step.newInputs) : [],
  };
}
