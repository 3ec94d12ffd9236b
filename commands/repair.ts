import { restoration } from "../drift/cluster-objects";
import { findingsOf, reportText, resultOf } from "../drift/drift-report";
import type { StackState } from "../drift/stack-state";
import { withKubectl } from "./kubectl";
import { acknowledge, engineOf } from "./look-at-account";
import { liveObjects } from "./look-at-cluster";
import { lookAtStack, recordedState } from "./look-at-stack";

/**
 * The provider takes over what this field manager last wrote (pulumi-kubernetes, fixCSAFieldManagers), so a later change of the
 * program meets no conflict of owners (kubernetes.io/docs/reference/using-api/server-side-apply).
 */
const fieldManager = "--field-manager=pulumi-kubernetes";

/** Puts objects of the program back as they were recorded: changed ones in one request each, without a moment in which they are gone. */
async function restoreObjects(state: StackState, env: NodeJS.ProcessEnv): Promise<void> {
  if (state.kubeconfig === undefined) return;
  await withKubectl(state.kubeconfig, env, async (kubectl) => {
    const { create, replace } = restoration(state.objects, await liveObjects(state.objects, kubectl));
    const send = async (verb: string, objects: readonly object[]): Promise<void> => {
      if (objects.length === 0) return;
      process.stderr.write(await kubectl.run([verb, fieldManager, "--filename=-"], objects));
    };
    await send("create", create);
    await send("replace", replace);
  });
}

/**
 * Looks for drift and puts right what the program knows: objects of the cluster at once, hosts by running their scripts again, resources
 * of a cloud by telling the state what became of them.
 *
 * @param whole True when every place must be looked at, or nothing is touched; false to do what can be done.
 * @returns arguments of `pulumi up` that run again exactly the scripts of the hosts and phases that drifted.
 * @throws when a place can't be looked at, and it must be.
 */
export async function repair(
  stack: string,
  env: NodeJS.ProcessEnv,
  whole: boolean,
): Promise<readonly string[]> {
  const state = await recordedState(stack, env);
  if (state.hosts.length === 0 && state.cloudResources.length === 0) return [];
  const report = await lookAtStack(stack, state, env);
  process.stderr.write(reportText(report));
  if (whole && resultOf(report) === "incomplete") {
    throw new Error(
      "nothing was repaired, because not everything could be looked at. Fix: see above, then run the same again",
    );
  }
  const repairs = findingsOf(report).flatMap(({ repair: found }) => (found.by === "up" ? [found] : []));
  const urnsOf = (way: (typeof repairs)[number]["way"]): string[] => [
    ...new Set(repairs.flatMap((found) => (found.way === way ? found.urns : []))),
  ];
  const changed = urnsOf("refresh");
  if (changed.length > 0) await acknowledge(changed, engineOf(stack, env));
  if (repairs.some(({ way }) => way === "restore")) await restoreObjects(state, env);
  return urnsOf("replace").map((urn) => `--replace=${urn}`);
}
