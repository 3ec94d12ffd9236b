import { checkVersionStep } from "../components/config/cross-checks";
import { describeProblems } from "../components/config/problem";
import { minorNumber } from "../components/plan/minor-version";
import { scriptOf, stdinOf } from "../report/host-script";
import type { StateResource } from "./stack-outputs";

/** The version of the API server that a script brings to its host. */
function apiServerVersion({ inputs }: StateResource): string | undefined {
  return scriptOf(stdinOf(inputs))?.artifacts.find(({ name }) => name === "kube-apiserver")?.version;
}

/**
 * Versions that run, the oldest first: that of the last `up` that ended well, and those that API servers were brought to by one that
 * failed after that and so told nobody. A step must be one from each of them.
 *
 * @param told The version of the last `up` that ended well; undefined where none did yet.
 */
export function runningVersions(
  told: string | undefined,
  resources: readonly StateResource[],
): readonly string[] {
  const reached = resources
    .filter(({ urn }) => /::control-plane-[^:]*-apply$/.test(urn))
    .flatMap((resource) => apiServerVersion(resource) ?? []);
  return [...new Set([...(told === undefined ? [] : [told]), ...reached])].sort(
    (left, right) => minorNumber(left) - minorNumber(right),
  );
}

/**
 * Refuses to skip a Kubernetes minor, or to go back, before anything changes (kubernetes.io/releases/version-skew-policy).
 *
 * @param running As {@link runningVersions}.
 * @param wanted The configured version, or the default.
 */
export function refuseVersionSkip(running: readonly string[], wanted: string): void {
  const [problem] = running.flatMap((version) => checkVersionStep(version, wanted));
  if (problem !== undefined) throw new Error(describeProblems([problem]));
}
