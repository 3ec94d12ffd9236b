import { describeProblems } from "../components/config/problem";
import { checkStackKeyStep, stackKeyAdmittanceProblems } from "../components/config/stack-key-checks";
import { firstStackKey, stackKeyName, type StackKeyOptions } from "../components/hosts/stack-key-generations";
import { parseUrn } from "../report/urn";
import { admittedKeys, madeKeyLines } from "./admitted-keys";
import { hostProviderIn } from "./attempted";
import { refuseSkip } from "./rotation-step";
import type { StateResource } from "./stack-outputs";

/** What the last `up` says of the stack's SSH keys. */
export interface StackKeyOutputs {
  /** Undefined before the first `up`. */
  readonly kubernetesVersion?: string | undefined;
  /** Undefined for a stack that never rotated them. */
  readonly stackKeys?: StackKeyOptions | undefined;
}

/** Names of the hosts whose authorized keys, as the state has them, lack a generation. */
export function hostsThatRefuse(resources: readonly StateResource[], generation: number): string[] {
  const provider = hostProviderIn(resources);
  if (provider === undefined) return [];
  const line = madeKeyLines(resources).get(stackKeyName(parseUrn(provider.urn).name, generation));
  return [...admittedKeys(resources)]
    .filter(([, keys]) => keys !== undefined && (line === undefined || !keys.includes(line)))
    .map(([host]) => host);
}

/**
 * Refuses a step of the stack's SSH keys after which a host would not let the stack in, before anything changes.
 *
 * @param running Outputs of the last `up` that ended well.
 * @param wanted The configured generations; undefined when nothing is known of them.
 * @param attempted What the last `up` set out to do: where it failed, some hosts are there.
 * @param resources What the state holds: a host that was left out of the last `up` (`--exclude`, `--target`) is not where its outputs say.
 */
export function refuseStackKeySkip(
  running: StackKeyOutputs,
  wanted: StackKeyOptions | undefined,
  attempted?: StackKeyOptions,
  resources: readonly StateResource[] = [],
): void {
  if (running.kubernetesVersion === undefined) return;
  const from = running.stackKeys ?? firstStackKey;
  refuseSkip({ running: from, wanted, attempted }, checkStackKeyStep);
  if (wanted === undefined || wanted.connecting === from.connecting) return;
  const problems = stackKeyAdmittanceProblems(wanted, hostsThatRefuse(resources, wanted.connecting));
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
