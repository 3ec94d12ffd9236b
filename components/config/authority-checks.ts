import type { AuthorityGenerations } from "../pki/authority-generations";
import type { Problem } from "./problem";
import { repeated } from "./repeated";
import type { Settings } from "./schema";

const base = "pki.authorities";

/** Relations within `pki.authorities`. */
export function authorityProblems({ pki }: Settings): Problem[] {
  const { issuing, trusted } = pki.authorities;
  const problems: Problem[] = [];
  if (!trusted.includes(issuing)) {
    problems.push({
      setting: `${base}.issuing`,
      value: issuing,
      rule: "is not among trusted: every new certificate would be refused",
      fix: `add ${issuing} to trusted, and run up, before it issues`,
    });
  }
  for (const value of repeated(trusted)) {
    problems.push({ setting: `${base}.trusted`, value, rule: "is there twice", fix: "name each once" });
  }
  return problems;
}

/** One issues only where it is trusted already, and one whose certificates are in use is not withdrawn: else hosts would refuse each other. */
export function checkIssuingStep(from: AuthorityGenerations, to: AuthorityGenerations): Problem[] {
  const problems: Problem[] = [];
  if (!from.trusted.includes(to.issuing)) {
    problems.push({
      setting: `${base}.issuing`,
      value: to.issuing,
      rule: "would issue before every host trusts it",
      fix: `add ${to.issuing} to trusted, keep issuing at ${from.issuing} and run up first`,
    });
  }
  if (!to.trusted.includes(from.issuing)) {
    problems.push({
      setting: `${base}.trusted`,
      value: to.trusted,
      rule: `withdraws ${from.issuing}, which issued the certificates that are in use: hosts would refuse each other`,
      fix: `change issuing first and run up, then withdraw ${from.issuing}`,
    });
  }
  return problems;
}

/** Whether a running cluster may go from one set of authorities to another. One that was withdrawn has lost its key and comes not back. */
export function checkAuthorityStep(from: AuthorityGenerations, to: AuthorityGenerations): Problem[] {
  const newest = Math.max(...from.trusted);
  const withdrawn = to.trusted.filter((item) => !from.trusted.includes(item) && item < newest);
  return [
    ...checkIssuingStep(from, to),
    ...withdrawn.map((value) => ({
      setting: `${base}.trusted`,
      value,
      rule: `is older than ${newest}, which is trusted now: a generation that was withdrawn has lost its key`,
      fix: `begin a rotation with ${newest + 1}`,
    })),
  ];
}
