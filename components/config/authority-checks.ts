import type { AuthorityGenerations } from "../pki/authority-generations";
import type { Problem } from "./problem";
import { checkRotationStep, rotationProblems, type Rotation } from "./rotation";
import type { Settings } from "./schema";

const rotation: Rotation<"issuing", "trusted"> = {
  block: "pki.authorities",
  current: "issuing",
  accepted: "trusted",
  does: "it issues",
  unaccepted: "every new certificate would be refused",
  tooEarly: "would issue before every host trusts it",
  tooLate: (dropped) =>
    `withdraws ${dropped}, which issued the certificates that are in use: hosts would refuse each other`,
  thenDrop: "change issuing first and run up, then withdraw",
};

/** Relations within `pki.authorities`. */
export function authorityProblems({ pki }: Settings): Problem[] {
  return rotationProblems(rotation, pki.authorities);
}

/** One issues only where it is trusted already, and one whose certificates are in use is not withdrawn: else hosts would refuse each other. */
export function checkIssuingStep(from: AuthorityGenerations, to: AuthorityGenerations): Problem[] {
  return checkRotationStep(rotation, from, to);
}

/** Whether a running cluster may go from one set of authorities to another. One that was withdrawn has lost its key and comes not back. */
export function checkAuthorityStep(from: AuthorityGenerations, to: AuthorityGenerations): Problem[] {
  const newest = Math.max(...from.trusted);
  const withdrawn = to.trusted.filter((item) => !from.trusted.includes(item) && item < newest);
  return [
    ...checkIssuingStep(from, to),
    ...withdrawn.map((value) => ({
      setting: `${rotation.block}.trusted`,
      value,
      rule: `is older than ${newest}, which is trusted now: a generation that was withdrawn has lost its key`,
      fix: `begin a rotation with ${newest + 1}`,
    })),
  ];
}
