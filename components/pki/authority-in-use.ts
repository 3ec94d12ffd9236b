import * as pulumi from "@pulumi/pulumi";
import { generationName, type AuthorityGenerations } from "./authority-generations";
import type { CertificateAuthority } from "./certificate-authority";

/** One authority in its trusted generations. */
export interface AuthorityInUse {
  /** The generation that issues. */
  readonly issuing: CertificateAuthority;
  /** Generations that are trusted besides, and older. */
  readonly older: ReadonlyMap<number, CertificateAuthority>;
  /** PEM of every trusted generation, in order. */
  readonly trusted: pulumi.Output<string>;
  /** End of each by its name (RFC 3339). */
  readonly expiries: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * Makes the trusted generations of one authority and picks those in use. One that is trusted no more goes with its key: what it
 * could still sign is refused everywhere.
 *
 * @param name As in `kubernetes-ca`.
 * @param make Makes the generation of that name.
 * @throws Error when the issuing generation is not trusted.
 */
export function chooseAuthority(
  name: string,
  { issuing, trusted }: AuthorityGenerations,
  make: (name: string, generation: number) => CertificateAuthority,
): AuthorityInUse {
  const generations = new Map(
    [...trusted]
      .sort((a, b) => a - b)
      .map((generation) => [generation, make(generationName(name, generation), generation)]),
  );
  const issuer = generations.get(issuing);
  if (issuer === undefined)
    throw new Error(`${name} ${issuing} would issue, and is not among the trusted ones`);
  const all = [...generations];
  return {
    issuing: issuer,
    older: new Map(all.filter(([generation]) => generation < issuing)),
    trusted: pulumi.all(all.map(([, { certificate }]) => certificate)).apply((known) => known.join("")),
    expiries: Object.fromEntries(
      all.map(([generation, { notAfter }]) => [generationName(name, generation), notAfter]),
    ),
  };
}
