import { z } from "zod";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

/** A host, as far as a report must know it. */
export interface ReportedHost {
  readonly name: string;
  /** Undefined when the recording does not tell. */
  readonly role: "control-plane" | "worker" | undefined;
}

const nodeTable = z.array(z.looseObject({ name: z.string(), role: z.enum(["control-plane", "worker"]) }));

function hostsOfOutputs(outputs: Step["oldOutputs"]): ReportedHost[] {
  const parsed = nodeTable.safeParse(outputs?.["nodeTable"]);
  return parsed.success ? parsed.data.map(({ name, role }) => ({ name, role })) : [];
}

/** The hosts of a stack, before and after: those that its outputs list, and those that the steps name. */
export function reportedHosts(steps: readonly Step[]): ReportedHost[] {
  const listed = steps
    .filter(({ urn }) => parseUrn(urn).type === "pulumi:pulumi:Stack")
    .flatMap(({ oldOutputs, newOutputs }) => [...hostsOfOutputs(oldOutputs), ...hostsOfOutputs(newOutputs)]);
  const named = steps
    .map(({ urn }) => parseUrn(urn))
    .filter(({ type }) => type === "redoubt:hosts:HardenedHost")
    .map(({ name }): ReportedHost => ({ name, role: undefined }));
  // What was listed first counts: it knows the role.
  return [...new Map([...listed, ...named].reverse().map((host) => [host.name, host])).values()].reverse();
}

/** The host that a resource is named after, as `worker-0` of `node-worker-0-plan-apply`; the longest name wins. */
export function hostOf(name: string, hosts: readonly ReportedHost[]): ReportedHost | undefined {
  return hosts
    .filter((host) => `-${name}-`.includes(`-${host.name}-`))
    .sort((left, right) => right.name.length - left.name.length)[0];
}
