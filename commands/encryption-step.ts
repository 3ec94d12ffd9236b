import { checkEncryptingStep, checkEncryptionStep } from "../components/config/encryption-checks";
import { firstEncryptionKey, type EncryptionKeyOptions } from "../components/pki/encryption-generations";
import { refuseSkip } from "./rotation-step";

/** What the last `up` says of the keys. */
export interface EncryptionOutputs {
  /** Undefined before the first `up`. */
  readonly kubernetesVersion?: string | undefined;
  /** Undefined for a cluster that never rotated them. */
  readonly encryptionKeys?: EncryptionKeyOptions | undefined;
}

/**
 * Refuses a step of the keys after which an API server could not read what etcd holds, before anything changes.
 *
 * @param running Outputs of the last `up` that ended well, so everything is encrypted with its key.
 * @param wanted The configured generations; undefined when nothing is known of them.
 * @param attempted What the last `up` set out to do: where it failed, some of what is stored may be encrypted so. The way back stays open.
 */
export function refuseEncryptionSkip(
  running: EncryptionOutputs,
  wanted: EncryptionKeyOptions | undefined,
  attempted?: EncryptionKeyOptions,
): void {
  if (running.kubernetesVersion === undefined) return;
  const step = { running: running.encryptionKeys ?? firstEncryptionKey, wanted, attempted };
  refuseSkip(step, checkEncryptionStep, checkEncryptingStep);
}
