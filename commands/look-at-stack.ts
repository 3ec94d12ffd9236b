import { differingFiles, type HostExpectation } from "../drift/compare-host";
import type { DriftReport, PlaceReport } from "../drift/drift-report";
import type { Look } from "../drift/finding";
import { HostFacts } from "../drift/host-facts";
import { lookAtFacts } from "../drift/look-at-facts";
import { renderContentScript, renderLookScript } from "../drift/look-script";
import { readStackState, type RecordedHost, type StackState } from "../drift/stack-state";
import { withKubectl } from "./kubectl";
import { engineOf, lookAtAccount } from "./look-at-account";
import { lookAtCluster } from "./look-at-cluster";
import { withHost } from "./look-at-host";
import { mapAtMost } from "./map-at-most";
import { run } from "./shell";
import { projectFolder } from "./stack";

/** Looks at hosts at a time: each is a login on the bastion, and OpenSSH drops some from the tenth on (sshd_config(5), MaxStartups). */
const looksAtOnce = 8;

/** What the last `up` recorded. It holds every secret of the stack, in memory only. */
export async function recordedState(stack: string, env: NodeJS.ProcessEnv): Promise<StackState> {
  const args = ["stack", "export", "--show-secrets", "--stack", stack];
  return readStackState(await run("pulumi", args, { cwd: projectFolder, env, stdout: "capture" }));
}

/** A reason in place of an exception: other places are reported all the same. */
async function lookOrReason(look: () => Promise<Look>): Promise<Look> {
  try {
    return await look();
  } catch (error) {
    return { seen: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function lookAtHost(host: RecordedHost): Promise<Look> {
  const expectation: HostExpectation = {
    ...host,
    adminUser: host.access.user ?? "root",
    sshPort: host.access.port ?? 22,
  };
  const manifest = host.promised.map(({ entry }) => entry);
  return lookOrReason(() =>
    withHost(host.access, async ({ run: runOnHost }) => {
      const asked = new Date();
      const facts = HostFacts.parse(await runOnHost(renderLookScript(manifest)));
      const answered = new Date();
      const files = differingFiles(expectation, facts);
      const contents = new Map<string, string>();
      if (files.length > 0) {
        const answers = HostFacts.parse(await runOnHost(renderContentScript(files)));
        files.forEach((file, index) => contents.set(file, answers.answer(`content ${index}`).output));
      }
      return lookAtFacts(expectation, facts, contents, { asked, answered });
    }),
  );
}

function lookAtObjects(state: StackState, kubeconfig: string, env: NodeJS.ProcessEnv): Promise<Look> {
  return lookOrReason(async () => {
    const findings = await withKubectl(kubeconfig, env, (kubectl) => lookAtCluster(state, kubectl));
    return { seen: true, compared: state.objects.length, findings, warnings: [] };
  });
}

/** Looks at hosts, some at a time, and beside them at the cluster and at the account of a cloud, and changes nothing. */
export async function lookAtStack(
  stack: string,
  state: StackState,
  env: NodeJS.ProcessEnv,
): Promise<DriftReport> {
  const hosts = mapAtMost(looksAtOnce, state.hosts, async (host): Promise<PlaceReport> => {
    return { name: host.name, address: host.address, look: await lookAtHost(host) };
  });
  const { kubeconfig } = state;
  const cluster =
    kubeconfig === undefined
      ? []
      : [lookAtObjects(state, kubeconfig, env).then((look): PlaceReport => ({ name: "cluster", look }))];
  const { cloudResources } = state;
  const account =
    cloudResources.length === 0
      ? []
      : [
          lookOrReason(() => lookAtAccount(cloudResources, engineOf(stack, env))).then(
            (look): PlaceReport => ({ name: "account", look }),
          ),
        ];
  const places = await Promise.all([hosts, ...cluster, ...account]);
  return { stack, places: places.flat() };
}
