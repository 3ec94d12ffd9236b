import { authorityNames } from "./profiles";

/** When each certificate ends: its name → notAfter (RFC 3339). */
export type Expiries = Readonly<Record<string, string>>;

/** When one certificate ends. */
export interface Expiry {
  readonly name: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

/** Whether a name is that of any generation of an authority. The administrator's is renewed with the leaves. */
function isRotatingAuthority(name: string): boolean {
  const rotating: readonly string[] = authorityNames.filter((authority) => authority !== "admin-ca");
  return rotating.includes(name.replace(/-\d+$/, ""));
}

const day = 24 * 60 * 60 * 1000;

/** All certificates, the one that ends first in front. */
export function soonestFirst(expiries: Expiries): Expiry[] {
  return Object.entries(expiries)
    .map(([name, notAfter]) => ({ name, notAfter }))
    .sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter) || a.name.localeCompare(b.name));
}

/**
 * True when a certificate ends within the threshold, or has ended.
 *
 * @param notAfter RFC 3339.
 * @throws Error when it is no time: silence would be read as health.
 */
export function needsRenewal(notAfter: string, now: Date, thresholdDays: number): boolean {
  const end = Date.parse(notAfter);
  if (Number.isNaN(end)) throw new Error(`notAfter is "${notAfter}", which is no time (RFC 3339)`);
  return end - now.getTime() < thresholdDays * day;
}

/** What to tell the user about certificates that end soon, one warning per remedy; empty when all is well. */
export function renewalWarnings(expiries: Expiries, now: Date, thresholdDays: number): string[] {
  const due = soonestFirst(expiries).filter(({ notAfter }) => needsRenewal(notAfter, now, thresholdDays));
  const describe = (list: readonly Expiry[], remedy: string): string[] => {
    const [first] = list;
    if (first === undefined) return [];
    const others = list.length === 1 ? "" : ` (and ${list.length - 1} more within ${thresholdDays} days)`;
    return [`certificate ${first.name} ends ${first.notAfter}${others}: ${remedy}`];
  };
  return [
    ...describe(
      due.filter(({ name }) => !isRotatingAuthority(name)),
      "change pki.epoch and run up, which issues all leaf certificates anew",
    ),
    ...describe(
      due.filter(({ name }) => isRotatingAuthority(name)),
      'it is an authority, which pki.epoch does not renew: rotate it before that day (docs/authentication.md, "To rotate the authorities")',
    ),
  ];
}
