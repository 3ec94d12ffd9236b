import { checkStackKeyStep } from "../components/config/stack-key-checks";
import { firstStackKey, type StackKeyOptions } from "../components/hosts/stack-key-generations";
import { refuseSkip } from "./rotation-step";

/** What the last `up` says of the stack's SSH keys. */
export interface StackKeyOutputs {
  /** Undefined before the first `up`. */
  readonly kubernetesVersion?: string | undefined;
  /** Undefined for a stack that never rotated them. */
  readonly stackKeys?: StackKeyOptions | undefined;
}

/**
 * Refuses a step of the stack's SSH keys after which a host would not let the stack in, before anything changes.
 *
 * @param running Outputs of the last `up` that ended well.
 * @param wanted The configured generations; undefined when nothing is known of them.
 * @param attempted What the last `up` set out to do: where it failed, some hosts are there.
 */
export function refuseStackKeySkip(
  running: StackKeyOutputs,
  wanted: StackKeyOptions | undefined,
  attempted?: StackKeyOptions,
): void {
  if (running.kubernetesVersion === undefined) return;
  refuseSkip({ running: running.stackKeys ?? firstStackKey, wanted, attempted }, checkStackKeyStep);
}
