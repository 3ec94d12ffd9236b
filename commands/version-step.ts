import { checkVersionStep } from "../components/config/cross-checks";
import { describeProblems } from "../components/config/settings";
import { stackOutputs } from "./stack-outputs";

/**
 * Refuses to skip a Kubernetes minor, or to go back, before anything changes (kubernetes.io/releases/version-skew-policy).
 *
 * @param wanted The configured version; undefined when the stack takes the default.
 */
export async function refuseVersionSkip(
  stack: string,
  wanted: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (wanted === undefined) return;
  const { kubernetesVersion: running } = await stackOutputs(stack, env);
  if (running === undefined) return;
  const problems = checkVersionStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
