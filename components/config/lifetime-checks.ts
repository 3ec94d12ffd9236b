import type { Problem } from "./problem";
import type { Settings } from "./schema";

/** Relations between the lifetimes of certificates. */
export function lifetimeProblems({ pki }: Settings): Problem[] {
  const { authorityValidityHours, leafValidityHours, renewBeforeHours } = pki;
  const problems: Problem[] = [];
  if (leafValidityHours >= authorityValidityHours) {
    problems.push({
      setting: "pki.leafValidityHours",
      value: leafValidityHours,
      rule: `is not less than pki.authorityValidityHours = ${authorityValidityHours}: a leaf is worth nothing when its authority has ended`,
      fix: "shorten it, or give authorities longer",
    });
  }
  if (renewBeforeHours >= leafValidityHours) {
    problems.push({
      setting: "pki.renewBeforeHours",
      value: renewBeforeHours,
      rule: `is not less than pki.leafValidityHours = ${leafValidityHours}: every up would issue every leaf anew and restart all that reads them`,
      fix: `use ${Math.floor(leafValidityHours / 3)} or leave it out`,
    });
  }
  return problems;
}
