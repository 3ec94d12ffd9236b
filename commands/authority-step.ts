import { checkAuthorityStep, checkIssuingStep } from "../components/config/authority-checks";
import { firstGeneration, type AuthorityGenerations } from "../components/pki/authority-generations";
import { refuseSkip } from "./rotation-step";

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
 * @param running Outputs of the last `up` that ended well.
 * @param wanted The configured generations; undefined when nothing is known of them.
 * @param attempted What the last `up` set out to do: where it failed, some hosts are there. The way back stays open, as what it
 * was to withdraw is not gone before it ends.
 */
export function refuseAuthoritySkip(
  running: AuthorityOutputs,
  wanted: AuthorityGenerations | undefined,
  attempted?: AuthorityGenerations,
): void {
  if (running.kubernetesVersion === undefined) return;
  const step = { running: running.authorities ?? firstGeneration, wanted, attempted };
  refuseSkip(step, checkAuthorityStep, checkIssuingStep);
}
