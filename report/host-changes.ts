import type { ScriptContents } from "../components/plan/read-script";
import type { Change } from "./change";
import { endedPhases, etcdPhase, type EndedPhase } from "./ended-phases";
import { fieldChanges } from "./fields";
import { hostFates, memberLeavesImpact, type HostFates } from "./host-fates";
import { scriptOf, stdinOf } from "./host-script";
import { hostOf, type ReportedHost } from "./hosts";
import { worstImpact, type Impact } from "./impact";
import type { Step } from "./preview";
import { unknownMark } from "./redact";
import { secretMark } from "./secret-mark";
import { scriptChanges } from "./script-changes";
import { unifiedDiff } from "./unified";
import { parseUrn, type Urn } from "./urn";

const remoteCommand = "command:remote:Command";

/** Whether the step is about what reaches a host by SSH. */
export function isRemoteStep(step: Step): boolean {
  return parseUrn(step.urn).type === remoteCommand;
}

/** What the plan of a host can't be judged by is judged by who could be affected. */
function unknownImpact(host: ReportedHost | undefined, what: string): Impact {
  return host?.role === "worker"
    ? { class: "restart-kubelet", reason: `${what}; services of the node may restart` }
    : { class: "restart-control-plane", reason: `${what}; services of the control plane may restart` };
}

/** Scripts of secrets: what is in them can't be seen, but which certificates of the host change can. */
function secretFilesChange(
  place: string,
  host: ReportedHost | undefined,
  certificates: readonly Change[],
): Change {
  const ofHost = certificates.filter(
    ({ place: of, operation }) => of === place && operation !== "delete" && operation !== "update",
  );
  const carried = `${ofHost.length} changed ${ofHost.length === 1 ? "certificate is" : "certificates are"} carried to it`;
  const worst = worstImpact(
    ofHost.map(({ impact }) => impact),
    unknownImpact(host, "what changes in its secret files can't be seen"),
  );
  const reason = ofHost.length === 0 ? worst.reason : `${carried}: ${worst.reason}`;
  return { place, title: "secret files", operation: "update", impact: { ...worst, reason }, fields: [] };
}

/** What a node's turn goes by when it comes to another version, of the call that `components/node/upgrade-turn.ts` renders. */
function turnOf(script: string | undefined): Record<string, unknown> {
  const [, maxUnavailable, drainTimeoutSeconds] = /^take_turn \S+ \S+ (\d+) (\d+)$/m.exec(script ?? "") ?? [];
  return { maxUnavailable, drainTimeoutSeconds };
}

/** Settings of upgrades; what a turn does to a node is told by the program that changes. */
function turnChange(place: string, step: Step): Change[] {
  if (step.operation !== "update") return [];
  const fields = fieldChanges(turnOf(stdinOf(step.oldInputs)), turnOf(stdinOf(step.newInputs)));
  if (fields.length === 0) return [];
  const impact: Impact = { class: "none", reason: "it counts when the node comes to another minor version" };
  return [{ place, title: "kubernetes.upgrade", operation: "update", impact, fields }];
}

/** A command that is no plan: the text of its script is compared, and nothing is known of what it does. */
function scriptTextChange(
  place: string,
  { name }: Urn,
  step: Step,
  host: ReportedHost | undefined,
): Change[] {
  if (step.operation === "same" || step.operation === "delete") return [];
  if (name.endsWith("-turn")) return turnChange(place, step);
  // The second login of a guarded change, and what lets pods back to a node: its plan tells of files and programs.
  if (/-(?:confirm|return)$/.test(name)) return [];
  const isProbe = name.startsWith("probe");
  const impact: Impact = isProbe
    ? { class: "none", reason: "the probe makes its connections again" }
    : unknownImpact(host, "its script is no plan that this version can read");
  const diff =
    step.operation === "create" ? "" : unifiedDiff(stdinOf(step.oldInputs), stdinOf(step.newInputs));
  const isNew = step.operation === "create";
  return [
    {
      place,
      title: `command ${name}`,
      operation: step.operation,
      impact: isNew ? { class: "none", reason: "it is new" } : impact,
      ...(diff === "" ? {} : { diff }),
      fields: [],
    },
  ];
}

/** A script whose text is the same on both sides changes only in how it is carried: a new connection. */
function carriedChange(place: string, after: ScriptContents): Change {
  return {
    place,
    title: `phase ${after.phase}`,
    operation: "update",
    impact: {
      class: "none",
      reason: "only how it is carried there changes; the script finds everything done",
    },
    fields: [],
  };
}

/** Changes of one command that reaches a host. */
function remoteChanges(
  step: Step,
  hosts: readonly ReportedHost[],
  certificates: readonly Change[],
): Change[] {
  const urn = parseUrn(step.urn);
  const host = hostOf(urn.name, hosts);
  const place = host?.name ?? (urn.name.startsWith("probe") ? "cluster" : urn.name);
  const [before, after] = [stdinOf(step.oldInputs), stdinOf(step.newInputs)];
  if (urn.parentTypes.at(-1) === "redoubt:plan:SecretFiles") {
    return step.operation === "update" || step.operation === "replace"
      ? [secretFilesChange(place, host, certificates)]
      : [];
  }
  // Told by the phase that ends, or with the machine of a host that leaves.
  if (step.operation === "delete") return [];
  const next = scriptOf(after);
  const isHidden = [before, after].some((text) => text === secretMark || text === unknownMark);
  const old = scriptOf(before);
  if (next === undefined || isHidden || (before !== undefined && old === undefined)) {
    return scriptTextChange(place, urn, step, host);
  }
  const changes = scriptChanges(old, next).map((change): Change => ({ ...change, place }));
  return changes.length === 0 ? [carriedChange(place, next)] : changes;
}

/** Nothing is undone where a plan is no longer applied: what it made of the host stays. */
function endedPhaseChange(
  { host, phase }: EndedPhase,
  fates: HostFates,
  hosts: readonly ReportedHost[],
): Change {
  const reason = `phase ${phase} is no longer applied; what it started keeps running`;
  return {
    place: host,
    title: `phase ${phase}`,
    operation: "delete",
    impact: phase === etcdPhase ? memberLeavesImpact(host, fates, hosts) : { class: "reload", reason },
    fields: [],
  };
}

/** Phases that end on hosts that stay; that a host leaves is told once, with its machine. */
function endedPhaseChanges(steps: readonly Step[], hosts: readonly ReportedHost[]): Change[] {
  const fates = hostFates(steps, hosts);
  return endedPhases(steps, hosts)
    .filter(({ host }) => !fates.gone.has(host) && !fates.madeAgain.has(host))
    .map((ended) => endedPhaseChange(ended, fates, hosts));
}

/** Changes of all commands that reach hosts. */
export function hostChanges(
  steps: readonly Step[],
  hosts: readonly ReportedHost[],
  certificates: readonly Change[],
): Change[] {
  return [
    ...endedPhaseChanges(steps, hosts),
    ...steps
      .filter((step) => isRemoteStep(step) && step.operation !== "same")
      .flatMap((step) => remoteChanges(step, hosts, certificates)),
  ];
}
