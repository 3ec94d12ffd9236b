import { checkVersionStep } from "../components/config/cross-checks";
import { describeProblems } from "../components/config/problem";
import { scriptOf, stdinOf } from "../report/host-script";
import type { StateResource } from "./stack-outputs";

const minorOf = (version: string): number => Number(version.split(".")[1]);

/** The version of the API server that a script brings to its host. */
function apiServerVersion({ inputs }: StateResource): string | undefined {
  return scriptOf(stdinOf(inputs))?.artifacts.find(({ name }) => name === "kube-apiserver")?.version;
}

/**
 * The newest version that an API server of the stack was brought to, also by an `up` that failed after that and so told nobody.
 *
 * @param known The version of the last `up` that ended well; undefined before the first one.
 */
export function reachedVersion(
  known: string | undefined,
  resources: readonly StateResource[],
): string | undefined {
  const reached = resources
    .filter(({ urn }) => /::control-plane-[^:]*-apply$/.test(urn))
    .flatMap((resource) => apiServerVersion(resource) ?? [])
    .sort((left, right) => minorOf(left) - minorOf(right))
    .at(-1);
  if (known === undefined || reached === undefined) return known;
  return minorOf(reached) > minorOf(known) ? reached : known;
}

/**
 * Refuses to skip a Kubernetes minor, or to go back, before anything changes (kubernetes.io/releases/version-skew-policy).
 *
 * @param running The version that runs; undefined before the first `up`.
 * @param wanted The configured version, or the default.
 */
export function refuseVersionSkip(running: string | undefined, wanted: string): void {
  if (running === undefined) return;
  const problems = checkVersionStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
