import type { Problem } from "./problem";

/** An instance that runs a control plane. */
export interface ControlPlaneInstance {
  /** Its URN, by which the engine is told to change it alone. */
  readonly urn: string;
  /** Its instance type, as m7i.large. */
  readonly instanceType: string;
}

/** Name of the instance in the program. */
const nameOf = ({ urn }: ControlPlaneInstance): string => urn.split("::").at(-1) ?? urn;

/**
 * Another instance type that would take etcd's majority: EC2 changes the type of stopped instances only (AWS: Change the instance type),
 * and the engine stops all at once.
 *
 * @param running The control planes as they were made last.
 * @param wanted The type that is configured now.
 */
export function checkInstanceStep(running: readonly ControlPlaneInstance[], wanted: string): Problem[] {
  const others = running.filter(({ instanceType }) => instanceType !== wanted);
  if (others.length < 2) return [];
  const types = [...new Set(others.map(({ instanceType }) => instanceType))].join(", ");
  const byHand = others.slice(0, -1).map(({ urn }) => `'${urn}'`);
  return [
    {
      setting: "hosts.aws.instanceTypes.controlPlane",
      value: wanted,
      rule: `would stop ${others.map(nameOf).join(", ")} at the same time, and etcd with them; they are ${types}`,
      fix: `change one after the other (docs/aws.md, "Another instance type"): pulumi up --target ${byHand.join(", when it serves again pulumi up --target ")}; the last one by npm run up`,
    },
  ];
}
