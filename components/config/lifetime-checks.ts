import type { Problem } from "./problem";
import type { Settings } from "./schema";

/** How long before its end a leaf is issued anew where nothing is said: a third of its life, as cert-manager does. */
export function defaultRenewBeforeHours(leafValidityHours: number): number {
  return Math.floor(leafValidityHours / 3);
}

/** Relations between the lifetimes of certificates. */
export function lifetimeProblems({ pki }: Settings): Problem[] {
  const { authorityValidityHours, leafValidityHours, renewBeforeHours } = pki;
  const preset = defaultRenewBeforeHours(leafValidityHours);
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
      // Of the shortest lifetimes a third is no whole hour, and the setting takes none that is less.
      fix: preset === 0 ? "leave it out" : `use ${preset} or leave it out`,
    });
  }
  return problems;
}
