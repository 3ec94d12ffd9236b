import { z } from "zod";
import { checkInstanceStep, type ControlPlaneInstance } from "../components/config/instance-step";
import { describeProblems } from "../components/config/problem";
import type { StateResource } from "./stack-outputs";

const inputsSchema = z.looseObject({ instanceType: z.string() });

/** The control planes among the instances on AWS that a state holds. */
export function controlPlaneInstances(resources: readonly StateResource[]): readonly ControlPlaneInstance[] {
  return resources
    .filter(
      ({ type, urn }) => type === "aws:ec2/instance:Instance" && /-control-plane-\d+-instance$/.test(urn),
    )
    .flatMap(({ urn, inputs }) => {
      const known = inputsSchema.safeParse(inputs);
      return known.success ? [{ urn, instanceType: known.data.instanceType }] : [];
    });
}

/**
 * Refuses to stop several control planes on AWS at once, before anything changes.
 *
 * @param wanted The configured type of control planes; undefined where there is none, or it is not known.
 */
export function refuseManyStops(resources: readonly StateResource[], wanted: string | undefined): void {
  if (wanted === undefined) return;
  const problems = checkInstanceStep(controlPlaneInstances(resources), wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
