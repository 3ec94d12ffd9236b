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

const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

/**
 * Members that leave are taken out of etcd one by one before their hosts go, so the last one that stays has all data. Members whose
 * machine is made again lose theirs while they count, and etcd stands as long as a majority does (etcd.io/docs, "Failure modes").
 */
export function memberImpact(name: string, fates: HostFates, hosts: readonly ReportedHost[]): Impact {
  const members = membersOf(hosts, fates);
  const left = members.filter((member) => !fates.gone.has(member) && !fates.madeAgain.has(member)).length;
  const needed = members.some((member) => fates.madeAgain.has(member)) ? majorityOf(members.length) : 1;
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

/** Whether fewer members answer than etcd needs while machines are stopped: the provider stops those of one run side by side. */
export function losesQuorum(fates: HostFates, hosts: readonly ReportedHost[]): boolean {
  const members = membersOf(hosts, fates).filter((member) => !fates.gone.has(member));
  const up = members.filter((member) => !fates.stopped.has(member) && !fates.madeAgain.has(member));
  return up.length < majorityOf(members.length);
}
