import { certificateChanges, isCertificateStep } from "./certificate-changes";
import type { Change } from "./change";
import { fieldChanges } from "./fields";
import { hostChanges, isRemoteStep } from "./host-changes";
import { reportedHosts } from "./hosts";
import { compareImpact, type Impact } from "./impact";
import { machineChanges } from "./machine-changes";
import { isMachineStep } from "./machines";
import { isObjectStep, objectChange } from "./object-changes";
import type { Preview, Step } from "./preview";
import { parseUrn } from "./urn";

/** Outputs that a reader wants to see change; the others follow from what is listed. */
const shownOutputs = ["kubernetesVersion", "endpoint", "nodeTable"];

function outputChanges(step: Step): Change[] {
  const pick = (outputs: Step["oldOutputs"]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(outputs ?? {}).filter(([name]) => shownOutputs.includes(name)));
  // A preview that ended early has not come to the outputs.
  const isCompared = step.oldOutputs !== undefined && step.newOutputs !== undefined;
  if (!isCompared || step.operation === "create" || step.operation === "delete") return [];
  const fields = fieldChanges(pick(step.oldOutputs), pick(step.newOutputs));
  if (fields.length === 0) return [];
  const impact: Impact = { class: "none", reason: "outputs only tell" };
  return [{ place: "stack", title: "outputs", operation: "update", impact, fields }];
}

/** A resource of a kind that this report has no rule for. What is deleted is feared until somebody has looked. */
function otherImpact({ operation }: Step, type: string): Impact {
  if (operation === "create") return { class: "none", reason: "it is new" };
  if (operation === "update")
    return { class: "reload", reason: `this report has no rule for ${type}: read its fields` };
  return {
    class: "data-loss",
    reason: `this report has no rule for ${type}: look at what goes with it before it is ${operation === "delete" ? "deleted" : "replaced"}`,
  };
}

function otherChange(step: Step): Change[] {
  const { type, name } = parseUrn(step.urn);
  if (type === "pulumi:pulumi:Stack") return outputChanges(step);
  // Components change with what they hold.
  if (step.operation === "same" || type.startsWith("redoubt:")) return [];
  const isProvider = type.startsWith("pulumi:providers:");
  const impact: Impact = isProvider
    ? { class: "none", reason: "only how Pulumi reaches what it manages changes" }
    : otherImpact(step, type);
  const isCompared = step.operation === "update" || step.operation === "replace";
  return [
    {
      place: "stack",
      title: `${isProvider ? "provider" : type} ${name}`,
      operation: step.operation,
      impact,
      fields: isCompared ? fieldChanges(step.oldInputs, step.newInputs) : [],
    },
  ];
}

/** Everything that a preview would change, worst first. */
export function previewChanges(preview: Preview): Change[] {
  // The engine works on many at once and tells of them in another order each time; a comment should not change by that.
  const steps = [...preview.steps].sort((left, right) => (left.urn < right.urn ? -1 : 1));
  const hosts = reportedHosts(steps);
  const certificates = certificateChanges(
    steps.filter((step) => step.operation !== "same"),
    hosts,
  );
  const others = steps.filter(
    (step) =>
      ![isCertificateStep, isRemoteStep, isObjectStep, (own: Step) => isMachineStep(own, hosts)].some(
        (isTold) => isTold(step),
      ),
  );
  return [
    ...machineChanges(steps, hosts),
    // Before the files that carry them: of equals the first is the headline.
    ...certificates,
    ...hostChanges(steps, hosts, certificates),
    ...steps.filter(isObjectStep).flatMap(objectChange),
    ...others.flatMap(otherChange),
  ].sort((left, right) => compareImpact(left.impact, right.impact));
}
