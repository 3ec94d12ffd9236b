import { checkVersionStep } from "../components/config/cross-checks";
import { describeProblems } from "../components/config/settings";
import { run } from "./shell";
import { projectFolder } from "./stack";

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
  const args = ["stack", "output", "--json", "--stack", stack];
  const text = await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" });
  const running = (JSON.parse(text) as Record<string, unknown>)["kubernetesVersion"];
  if (typeof running !== "string") return;
  const problems = checkVersionStep(running, wanted);
  if (problems.length > 0) throw new Error(describeProblems(problems));
}
