import { authorityNames } from "./profiles";

/** When each certificate ends: its name → notAfter (RFC 3339). */
export type Expiries = Readonly<Record<string, string>>;

/** When one certificate ends. */
export interface Expiry {
  readonly name: string;
  /** RFC 3339. */
  readonly notAfter: string;
}

/** It has no generations: the epoch replaces it. */
const administratorsAuthority = "admin-ca";

/** Whether a name is that of an authority, of any generation. */
function isAuthority(name: string): boolean {
  return (authorityNames as readonly string[]).includes(name.replace(/-\d+$/, ""));
}

const hour = 60 * 60 * 1000;
const day = 24 * hour;

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

/** When an `up` renews the leaf certificates of a cluster. */
export interface RenewalWindow {
  /** From here on an `up` issues the first of them anew (RFC 3339). */
  readonly from: string;
  /** Here the first of them ends, if no `up` ran (RFC 3339). */
  readonly before: string;
}

/**
 * When the next `up` must run, though nothing changes.
 *
 * @param renewBeforeHours Setting `pki.renewBeforeHours`.
 * @returns undefined when there is no leaf.
 */
export function renewalWindow(expiries: Expiries, renewBeforeHours: number): RenewalWindow | undefined {
  const [first] = soonestFirst(expiries).filter(({ name }) => !isAuthority(name));
  if (first === undefined) return undefined;
  const from = new Date(Date.parse(first.notAfter) - renewBeforeHours * hour);
  return { from: from.toISOString().replace(".000Z", "Z"), before: first.notAfter };
}

/**
 * What to tell the user, after `up`, about authorities that end soon, one warning per remedy; empty when all is well. Leaf certificates
 * that end soon are issued anew by every `up`.
 */
export function renewalWarnings(expiries: Expiries, now: Date, thresholdDays: number): string[] {
  const due = soonestFirst(expiries).filter(({ notAfter }) => needsRenewal(notAfter, now, thresholdDays));
  const describe = (list: readonly Expiry[], remedy: string): string[] => {
    const [first] = list;
    if (first === undefined) return [];
    const others = list.length === 1 ? "" : ` (and ${list.length - 1} more within ${thresholdDays} days)`;
    return [`authority ${first.name} ends ${first.notAfter}${others}: ${remedy}`];
  };
  return [
    ...describe(
      due.filter(({ name }) => name === administratorsAuthority),
      "change pki.epoch and run up, which makes it and all leaf certificates anew",
    ),
    ...describe(
      due.filter(({ name }) => isAuthority(name) && name !== administratorsAuthority),
      'rotate it before that day (docs/authentication.md, "To rotate the authorities")',
    ),
  ];
}
