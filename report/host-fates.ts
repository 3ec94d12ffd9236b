import { endedPhases, etcdPhase } from "./ended-phases";
import { hostOf, type ReportedHost } from "./hosts";
import type { Impact } from "./impact";
import { isMachineStep, stopReasons } from "./machines";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

/** What happens to all hosts in one run, by their names: it decides what the change of one of them means. */
export interface HostFates {
  /** They leave the cluster. */
  readonly gone: ReadonlySet<string>;
  /** Their machine is another one, with an empty disk. */
  readonly madeAgain: ReadonlySet<string>;
  readonly newcomers: ReadonlySet<string>;
  /** Their member of etcd leaves, whether or not they do. */
  readonly withdrawn: ReadonlySet<string>;
  /** Stopped and started again, with their disk. */
  readonly stopped: ReadonlySet<string>;
}

/** The hosts that a resource of one of the steps is named after. */
function hostsOf(steps: readonly Step[], hosts: readonly ReportedHost[]): ReadonlySet<string> {
  return new Set(steps.map(({ urn }) => hostOf(parseUrn(urn).name, hosts)?.name ?? ""));
}

/** What happens to each host. */
export function hostFates(steps: readonly Step[], hosts: readonly ReportedHost[]): HostFates {
  const machines = steps.filter((step) => isMachineStep(step, hosts));
  const by = (wanted: Step["operation"]): ReadonlySet<string> =>
    hostsOf(
      machines.filter(({ operation }) => operation === wanted),
      hosts,
    );
  return {
    gone: by("delete"),
    madeAgain: by("replace"),
    newcomers: by("create"),
    withdrawn: new Set(
      endedPhases(steps, hosts)
        .filter(({ phase }) => phase === etcdPhase)
        .map(({ host }) => host),
    ),
    stopped: hostsOf(
      machines.filter((step) => stopReasons(step).length > 0),
      hosts,
    ),
  };
}

/** Hosts that have a member of etcd before the run. */
function membersOf(hosts: readonly ReportedHost[], { newcomers }: HostFates): string[] {
  return hosts
    .filter(({ name, role }) => role === "control-plane" && !newcomers.has(name))
    .map(({ name }) => name);
}

const leaves = (member: string, { gone, withdrawn }: HostFates): boolean =>
  gone.has(member) || withdrawn.has(member);

const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

/** What becomes of etcd's data. */
interface MembersLeft {
  readonly isEnough: boolean;
  /** As of {@link Impact} where it is not enough; else only the end of a sentence. */
  readonly reason: string;
}

/**
 * Members that leave are taken out of etcd one by one before their hosts go, so the last one that stays has all data. Members whose
 * machine is made again lose theirs while they count, and etcd stands as long as a majority does (etcd.io/docs, "Failure modes").
 */
function membersLeft(name: string, fates: HostFates, hosts: readonly ReportedHost[]): MembersLeft {
  const members = membersOf(hosts, fates);
  const left = members.filter((member) => !leaves(member, fates) && !fates.madeAgain.has(member)).length;
  const needed = members.some((member) => fates.madeAgain.has(member)) ? majorityOf(members.length) : 1;
  if (left < needed) {
    return {
      isEnough: false,
      reason: `etcd keeps ${left} of ${members.length} members and needs ${needed}: the cluster's data goes with ${name}`,
    };
  }
  return { isEnough: true, reason: `${left} of ${members.length} members keep the data` };
}

/** A control plane goes, with its member. */
export function memberImpact(name: string, fates: HostFates, hosts: readonly ReportedHost[]): Impact {
  const { isEnough, reason } = membersLeft(name, fates, hosts);
  if (!isEnough) return { class: "data-loss", reason };
  return { class: "drain", reason: `its pods and its etcd member go; ${reason}` };
}

/** A host stays and has no member any more: the others take it out (`etcd/membership.ts`). */
export function memberLeavesImpact(name: string, fates: HostFates, hosts: readonly ReportedHost[]): Impact {
  const { isEnough, reason } = membersLeft(name, fates, hosts);
  if (!isEnough) return { class: "data-loss", reason };
  return {
    class: "restart-control-plane",
    reason: `phase ${etcdPhase} is no longer applied; the others take its member out, and ${reason}`,
  };
}

/** Whether fewer members answer than etcd needs while machines are stopped: the provider stops those of one run side by side. */
export function losesQuorum(fates: HostFates, hosts: readonly ReportedHost[]): boolean {
  const members = membersOf(hosts, fates).filter((member) => !leaves(member, fates));
  const up = members.filter((member) => !fates.stopped.has(member) && !fates.madeAgain.has(member));
  return up.length < majorityOf(members.length);
}
