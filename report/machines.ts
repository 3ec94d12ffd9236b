import { fieldChanges } from "./fields";
import { hostOf, type ReportedHost } from "./hosts";
import type { Step } from "./preview";
import { parseUrn } from "./urn";

const instanceType = "aws:ec2/instance:Instance";
/** Resources that are a host's machine: while they live, so does its disk. */
const machineTypes = new Set(["command:local:Command", instanceType]);
/** What machines of hosts hang under. */
const machineParents = /^redoubt:hosts:|^redoubt:aws:HardenedInstance$/;
/** An instance too, but no host of the cluster, whatever hosts are called. */
const bastion = "redoubt:aws:Bastion";
const hardenedHost = "redoubt:hosts:HardenedHost";

function isMachine(step: Step, hosts: readonly ReportedHost[]): boolean {
  const { type, parentTypes, name } = parseUrn(step.urn);
  return (
    machineTypes.has(type) &&
    machineParents.test(parentTypes.at(-1) ?? "") &&
    !parentTypes.includes(bastion) &&
    hostOf(name, hosts) !== undefined
  );
}

/** Whether the step is about the component that stands for a host, with or without a machine of ours. */
export function isHostStep(step: Step): boolean {
  return parseUrn(step.urn).type === hardenedHost;
}

/** Whether the step is about a host as a whole. */
export function isMachineStep(step: Step, hosts: readonly ReportedHost[]): boolean {
  return isMachine(step, hosts) || isHostStep(step);
}

/** Arguments of an instance that EC2 changes only while it is stopped, so the provider stops it and starts it again. */
const stoppedFor = ["instanceType", "userData", "userDataBase64"];

/** Those of {@link stoppedFor} that the step changes; of a secret one only the provider says that it differs. */
export function stopReasons({ urn, operation, oldInputs, newInputs, changedPaths }: Step): readonly string[] {
  if (operation !== "update" || parseUrn(urn).type !== instanceType) return [];
  const changed = [...fieldChanges(oldInputs, newInputs).map(({ path }) => path), ...changedPaths];
  return stoppedFor.filter((argument) => changed.includes(argument));
}
