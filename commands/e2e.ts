import path from "node:path";
import { exitCodeOf, reportText } from "../e2e/spec-report";
import { busyboxApplets, ensureBusybox } from "../toolchain/busybox";
import { ensureTools, type ToolSource } from "../toolchain/ensure";
import { ensureTestImages, type ImageArchive } from "../toolchain/images";
import type { InstalledTool } from "../toolchain/installed-tool";
import { withImages } from "./images-on-hosts";
import { recordedState } from "./look-at-stack";
import { main } from "./main";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";
import { runKubernetesTests, type TestChoice } from "./run-kubernetes-tests";
import { run } from "./shell";
import { dataFolder } from "./stack";
import { readConfiguration } from "./stack-configuration";

/** Kubernetes' tests of network policies. */
const networkPolicies = String.raw`\[sig-network\] Netpol`;

/** The tests' program, and the programs of images that can be made here. */
interface TestTools {
  readonly tests: InstalledTool;
  readonly agnhost: InstalledTool;
  readonly pause: InstalledTool;
}

async function testTools(stack: string, source: ToolSource): Promise<TestTools> {
  const { architecture, kubernetesVersion } = readConfiguration(stack);
  const names = ["e2e.test", "agnhost", "pause"];
  const [tests, agnhost, pause] = await ensureTools(names, source, architecture, kubernetesVersion);
  if (tests === undefined || agnhost === undefined || pause === undefined)
    throw new Error(`the toolchain gave not all of ${names.join(", ")}`);
  return { tests, agnhost, pause };
}

/** The images that can be made here, of those that the tests name. */
async function testImages({ tests, agnhost, pause }: TestTools): Promise<ImageArchive[]> {
  const listed = await run(tests.program, ["--list-images"], { stdout: "capture" });
  const hosts = agnhost.tool.architecture;
  const busybox = { program: await ensureBusybox(hosts), applets: await busyboxApplets() };
  return ensureTestImages(listed.trim().split("\n"), { agnhost, pause, busybox }, hosts);
}

/** `npm run e2e`: has Kubernetes' own tests judge a cluster that runs. */
main(
  async () => {
    const command = stackCommand(
      "e2e",
      "Run Kubernetes' own end-to-end tests against the cluster, those of network policies unless others are chosen, in namespaces that they make and remove. Not for a cluster that serves. Exit codes: 0 all passed, 2 some failed, 1 they could not be run.",
    )
      .option("--focus <regex>", "tests whose titles match (ginkgo.focus)", networkPolicies)
      .option("--skip <regex>", "but for those whose titles match (ginkgo.skip)", "SCTP")
      .option("--pull", "let hosts pull all images; bring none", false)
      .parse();
    const { stack, ...options } = stackOptions(command);
    const { pull, ...choice } = command.opts<TestChoice & { readonly pull: boolean }>();
    const env = await prepareEnvironment({ stack, ...options });
    const { hosts, kubeconfig } = await recordedState(stack, env);
    const nodes = hosts.filter(({ role }) => role !== undefined);
    if (kubeconfig === undefined || nodes.length === 0)
      throw new Error(`stack ${stack} has no cluster. Fix: npm run up -- --stack ${stack}`);
    const tools = await testTools(stack, options.source);
    const images = pull ? [] : await testImages(tools);
    const log = path.join(dataFolder(), `e2e-${stack}.log`);
    const stopped = new AbortController();
    // Whoever stops it waits until hosts have the images that they had.
    const stop = (signal: NodeJS.Signals): void => {
      stopped.abort(new Error(`stopped by ${signal}`));
    };
    process.on("SIGINT", stop).on("SIGTERM", stop);
    const report = await withImages(nodes, images, stopped.signal, () =>
      runKubernetesTests({ ...choice, program: tools.tests.program, kubeconfig, env, log }),
    );
    process.off("SIGINT", stop).off("SIGTERM", stop);
    process.stdout.write(reportText(report));
    process.stderr.write(`all that the tests said: ${log}\n`);
    process.exitCode = exitCodeOf(report);
  },
  { failedProgram: 1 },
);
