import { checkKeyStep, type KeysInUse } from "../components/config/authentication-checks";
import { describeProblems } from "../components/config/settings";
import { stackOutputs } from "./stack-outputs";

/**
 * Refuses a step of the service account keys that would log workloads out, before anything changes.
 *
 * @param wanted The configured keys.
 */
export async function refuseKeySkip(stack: string, wanted: KeysInUse, env: NodeJS.ProcessEnv): Promise<void> {
  const { serviceAccountKeys: running } = await stackOutputs(stack, env);
  if (running === undefined) return;
  const problems = checkKeyStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
