import {
  checkIssuerStep,
  checkKeyStep,
  type IssuersInUse,
  type KeysInUse,
} from "../components/config/authentication-checks";
import { describeProblems } from "../components/config/problem";
import { refuseSkip } from "./rotation-step";

/**
 * Refuses a step of the service account keys that would log workloads out, before anything changes.
 *
 * @param running The keys of the last `up` that ended well; undefined before the first one: then nobody has a token.
 * @param wanted The configured keys; undefined when nothing is known of them.
 * @param attempted Those of the last `up`, however it ended: where it failed, some API servers sign with them.
 */
export function refuseKeySkip(
  running: KeysInUse | undefined,
  wanted: KeysInUse | undefined,
  attempted?: KeysInUse,
): void {
  refuseSkip({ running, wanted, attempted }, checkKeyStep);
}

/**
 * Refuses an issuer after which tokens that workloads hold would be of nobody.
 *
 * @param running The issuer of the last `up`; undefined before the first one.
 * @param wanted The configured ones; undefined when nothing is known of them.
 */
export function refuseIssuerChange(running: string | undefined, wanted: IssuersInUse | undefined): void {
  if (running === undefined || wanted === undefined) return;
  const problems = checkIssuerStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
