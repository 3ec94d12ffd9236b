import { checkVersionStep } from "../components/config/cross-checks";
import { describeProblems } from "../components/config/problem";

/**
 * Refuses to skip a Kubernetes minor, or to go back, before anything changes (kubernetes.io/releases/version-skew-policy).
 *
 * @param running The version of the last `up`; undefined before the first one.
 * @param wanted The configured version, or the default.
 */
export function refuseVersionSkip(running: string | undefined, wanted: string): void {
  if (running === undefined) return;
  const problems = checkVersionStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
