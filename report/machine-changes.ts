import type { Change } from "./change";
import { fieldChanges } from "./fields";
import { hostFates, losesQuorum, memberImpact, type HostFates } from "./host-fates";
import { hostOf, type ReportedHost } from "./hosts";
import type { Impact } from "./impact";
import { isHostStep, isMachineStep, stopReasons } from "./machines";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

function lostImpact(host: ReportedHost, fates: HostFates, hosts: readonly ReportedHost[]): Impact {
  if (host.role === "worker") {
    return {
      class: "drain",
      reason: "its pods stop and start elsewhere, and what they keep on its disk (emptyDir, hostPath) goes",
    };
  }
  if (host.role === undefined) {
    return { class: "data-loss", reason: "this recording does not tell whether it holds a member of etcd" };
  }
  return memberImpact(host.name, fates, hosts);
}

function updateImpact(
  step: Step,
  host: ReportedHost,
  fates: HostFates,
  hosts: readonly ReportedHost[],
): Impact {
  const reasons = stopReasons(step);
  if (reasons.length === 0)
    return { class: "none", reason: "the machine stays; its settings are written again" };
  const reason = `AWS stops it and starts it again for another ${reasons.join(" and ")}; its disk stays`;
  const isMeanwhileAway = host.role === "control-plane" && losesQuorum(fates, hosts);
  return {
    class: "reboot",
    reason: isMeanwhileAway ? `${reason}, and etcd loses its quorum meanwhile` : reason,
  };
}

function machineImpact(
  step: Step,
  host: ReportedHost,
  fates: HostFates,
  hosts: readonly ReportedHost[],
): Impact {
  if (step.operation === "create") return { class: "none", reason: "a new host joins" };
  if (step.operation === "update") return updateImpact(step, host, fates, hosts);
  return lostImpact(host, fates, hosts);
}

/** One change for each host that comes, goes, is made again or is stopped; machines before what runs on them. */
export function machineChanges(steps: readonly Step[], hosts: readonly ReportedHost[]): Change[] {
  const fates = hostFates(steps, hosts);
  const told = new Map<string, Change>();
  for (const step of steps.filter((known) => isMachineStep(known, hosts))) {
    const host = hostOf(parseUrn(step.urn).name, hosts);
    if (host === undefined || step.operation === "same") continue;
    // A component tells only of hosts without a machine of ours.
    if (isHostStep(step) && (told.has(host.name) || step.operation === "update")) continue;
    told.set(host.name, machineChange(step, step.operation, host, machineImpact(step, host, fates, hosts)));
  }
  return [...told.values()];
}

function machineChange(
  step: Step,
  operation: Change["operation"],
  host: ReportedHost,
  impact: Impact,
): Change {
  return {
    place: host.name,
    title: operation === "delete" ? "host leaves the cluster" : "machine",
    operation,
    impact,
    fields:
      operation === "update" || operation === "replace" ? fieldChanges(step.oldInputs, step.newInputs) : [],
  };
}
