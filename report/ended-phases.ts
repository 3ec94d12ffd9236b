import { scriptOf, stdinOf } from "./host-script";
import { hostOf, type ReportedHost } from "./hosts";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

/** A plan that is no longer applied to a host. */
export interface EndedPhase {
  readonly host: string;
  readonly phase: string;
}

/** The phase that makes a host a member of etcd. */
export const etcdPhase = "etcd";

function isApplied({ urn }: Step): boolean {
  const { type, parentTypes, name } = parseUrn(urn);
  // Beside it there may be the second login of a guarded change.
  const isPlan = type === "command:remote:Command" && parentTypes.at(-1) === "redoubt:plan:ApplyPlan";
  return isPlan && name.endsWith("-apply");
}

function phaseOf({ urn, oldInputs, newInputs }: Step): string {
  const { parentTypes, name } = parseUrn(urn);
  if (parentTypes.includes("redoubt:etcd:EtcdCluster")) return etcdPhase;
  return scriptOf(stdinOf(newInputs ?? oldInputs))?.phase ?? name.replace(/-apply$/, "");
}

/** Phases that are taken from hosts, whether or not the host leaves; one that only gets another name goes on. */
export function endedPhases(steps: readonly Step[], hosts: readonly ReportedHost[]): EndedPhase[] {
  const named = (step: Step): EndedPhase[] => {
    const host = hostOf(parseUrn(step.urn).name, hosts);
    return host === undefined ? [] : [{ host: host.name, phase: phaseOf(step) }];
  };
  const applied = steps.filter(isApplied);
  const ended = applied.filter(({ operation }) => operation === "delete").flatMap(named);
  if (ended.length === 0) return [];
  const going = applied.filter(({ operation }) => operation !== "delete").flatMap(named);
  return ended.filter(({ host, phase }) => !going.some((own) => own.host === host && own.phase === phase));
}
