import { checkAuthorityStep } from "../components/config/authority-checks";
import { describeProblems } from "../components/config/problem";
import { firstGeneration, type AuthorityGenerations } from "../components/pki/authority-generations";

/** What the last `up` says of the authorities. */
export interface AuthorityOutputs {
  /** Undefined before the first `up`. */
  readonly kubernetesVersion?: string | undefined;
  /** Undefined for a cluster that never rotated them. */
  readonly authorities?: AuthorityGenerations | undefined;
}

/**
 * Refuses a step of the authorities after which hosts would refuse each other, before anything changes.
 *
 * @param running Outputs of the last `up`.
 * @param wanted The configured generations; undefined when nothing is known of them.
 */
export function refuseAuthoritySkip(
  running: AuthorityOutputs,
  wanted: AuthorityGenerations | undefined,
): void {
  if (running.kubernetesVersion === undefined || wanted === undefined) return;
  const problems = checkAuthorityStep(running.authorities ?? firstGeneration, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
