import { paths } from "../plan/paths";

/** Which generations of the cluster's authorities are in use; the stages of a rotation are steps of these. */
export interface AuthorityGenerations {
  /** The generation that issues certificates. */
  readonly issuing: number;
  /** Generations whose certificates are good. */
  readonly trusted: readonly number[];
}

/** What every cluster begins with. */
export const firstGeneration: AuthorityGenerations = { issuing: 1, trusted: [1] };

/** Whether a rotation was ever begun. Before that nothing tells of generations. */
export function isRotated({ trusted }: AuthorityGenerations): boolean {
  return trusted.some((generation) => generation > 1);
}

/** `kubernetes-ca-2` of `kubernetes-ca`. The first generation has no number: it is older than this table. */
export function generationName(authority: string, generation: number): string {
  return generation === 1 ? authority : `${authority}-${generation}`;
}

/** PEM of the generation of `kubernetes-ca` that issues. It stands alone: who signs with it reads one certificate and no more. */
export const issuingAuthorityFile = `${paths.pki}/ca.crt`;

/**
 * PEM of every generation of `kubernetes-ca` that is trusted. Before the first rotation that is the one that issues.
 *
 * @param generations Default: the first alone.
 */
export function trustedAuthoritiesFile(generations: AuthorityGenerations = firstGeneration): string {
  return isRotated(generations) ? `${paths.pki}/trusted-authorities.crt` : issuingAuthorityFile;
}
