import { checkAuthorityStep, type AuthoritiesInUse } from "../components/config/authority-checks";
import { describeProblems } from "../components/config/problem";

/** What a cluster has that never rotated its authorities, and so tells nothing of them. */
const first: AuthoritiesInUse = { issuing: 1, trusted: [1] };

/** What the last `up` says of the authorities. */
export interface AuthorityOutputs {
  /** Undefined before the first `up`. */
  readonly kubernetesVersion?: string | undefined;
  readonly authorities?: AuthoritiesInUse | undefined;
}

/**
 * Refuses a step of the authorities after which hosts would refuse each other, before anything changes.
 *
 * @param running Outputs of the last `up`.
 * @param wanted The configured generations; undefined when nothing is known of them.
 */
export function refuseAuthoritySkip(running: AuthorityOutputs, wanted: AuthoritiesInUse | undefined): void {
  if (running.kubernetesVersion === undefined || wanted === undefined) return;
  const problems = checkAuthorityStep(running.authorities ?? first, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
