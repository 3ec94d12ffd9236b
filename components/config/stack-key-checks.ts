import type { StackKeyOptions } from "../hosts/stack-key-generations";
import type { Problem } from "./problem";
import { checkRotationStep, rotationProblems, type Rotation } from "./rotation";
import type { Settings } from "./schema";

/** What is to be removed is reached as the state knows it, so the key of before stays until all that the state knows is by the new one. */
const rotation: Rotation<"connecting", "authorized"> = {
  block: "hosts.stackKeys",
  current: "connecting",
  accepted: "authorized",
  does: "the stack logs in with it",
  unaccepted: "no host would let the stack in",
  tooEarly: "would log in before every host lets it in",
  tooLate: (dropped) =>
    `drops ${dropped}, with which the stack logs in now: it could not finish what it began`,
  thenDrop: "change connecting first and run up, then drop",
};

/** Relations within `hosts.stackKeys`. */
export function stackKeyProblems({ hosts }: Settings): Problem[] {
  return rotationProblems(rotation, hosts.stackKeys);
}

/** Whether hosts that know one set of keys may be told of another. */
export function checkStackKeyStep(from: StackKeyOptions, to: StackKeyOptions): Problem[] {
  return checkRotationStep(rotation, from, to);
}

/**
 * What is wrong with logging in by another key where some hosts do not let it in yet.
 *
 * @param shut Names of those hosts.
 */
export function stackKeyAdmittanceProblems(
  { connecting }: StackKeyOptions,
  shut: readonly string[],
): Problem[] {
  if (shut.length === 0) return [];
  return [
    {
      setting: `${rotation.block}.${rotation.current}`,
      value: connecting,
      rule: `is not let in yet by ${shut.join(", ")}: the up that brought it left something out (--exclude, --target)`,
      fix: `change ${rotation.current} back and run up with nothing left out; take a host that is dead out of the settings before`,
    },
  ];
}
