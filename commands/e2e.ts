import { spawn } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { removeScript, renderBringScript } from "../e2e/image-scripts";
import { ProgressLines } from "../e2e/progress-line";
import { exitCodeOf, readSpecReport, reportText, type SpecReport } from "../e2e/spec-report";
import type { RecordedHost } from "../drift/stack-state";
import { busyboxApplets, ensureBusybox } from "../toolchain/busybox";
import { ensureTools, type ToolSource } from "../toolchain/ensure";
import { ensureTestImages, type ImageArchive } from "../toolchain/images";
import type { InstalledTool } from "../toolchain/installed-tool";
import { withHost } from "./look-at-host";
import { recordedState } from "./look-at-stack";
import { main } from "./main";
import { mapAtMost } from "./map-at-most";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";
import { isOnTerminal, run } from "./shell";
import { dataFolder } from "./stack";
import { readConfiguration } from "./stack-configuration";

/** Hosts at a time: each gets images of some fifty megabytes, through a bastion perhaps. */
const hostsAtOnce = 4;
/** Seconds in which a host says nothing: it unpacks an image. */
const quietSeconds = 120;

/** Kubernetes' tests of network policies. */
const networkPolicies = String.raw`\[sig-network\] Netpol`;

/** Gives a host the images that it lacks. */
async function bringImages(
  host: RecordedHost,
  images: readonly ImageArchive[],
  stopped: AbortSignal,
): Promise<void> {
  await withHost(host.access, async ({ stream }) => {
    for (const { reference, archive } of images) {
      stopped.throwIfAborted();
      const what = `the import of ${reference}`;
      const into = new PassThrough().resume();
      await stream(renderBringScript(reference), {
        what,
        quietSeconds,
        into,
        from: createReadStream(archive),
      });
    }
  });
}

async function removeImages(host: RecordedHost): Promise<void> {
  await withHost(host.access, ({ run: runOnHost }) => runOnHost(removeScript));
}

/** Does a work on every host, some at a time, whatever becomes of the others. @returns what failed, host by host. */
async function onAllHosts(
  hosts: readonly RecordedHost[],
  work: (host: RecordedHost) => Promise<void>,
): Promise<string[]> {
  const failures = await mapAtMost(hostsAtOnce, hosts, async (host) => {
    try {
      await work(host);
      return [];
    } catch (error) {
      return [`${host.name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  return failures.flat();
}

/** With images on all hosts for the time of a work; afterwards each has those that it had. */
async function withImages<Result>(
  hosts: readonly RecordedHost[],
  images: readonly ImageArchive[],
  stopped: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const failures = await onAllHosts(hosts, (host) => bringImages(host, images, stopped));
    if (failures.length > 0) throw new Error(`images could not be brought: ${failures.join("; ")}`);
    return await work();
  } finally {
    for (const failure of await onAllHosts(hosts, removeImages)) {
      process.stderr.write(
        `${failure}\nImages of the tests may be left there. Fix: run the same command again\n`,
      );
    }
  }
}

/** Which of Kubernetes' tests. */
interface Choice {
  readonly focus: string;
  readonly skip: string;
}

/** What runs them. */
interface TestRun extends Choice {
  readonly program: string;
  /** The administrator's. */
  readonly kubeconfig: string;
  /** Some tests call kubectl, the cluster's. */
  readonly env: NodeJS.ProcessEnv;
  /** File that gets all that they say. */
  readonly log: string;
}

/**
 * Runs the tests to their end; each is told as it ends.
 *
 * @throws when they did not write their report.
 */
async function runTests({ program, kubeconfig, env, log, focus, skip }: TestRun): Promise<SpecReport> {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-e2e-"));
  const file = path.join(folder, "kubeconfig");
  const report = path.join(folder, "report.json");
  try {
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const args = [
      "--provider=skeleton",
      `--kubeconfig=${file}`,
      "--disable-log-dump",
      `--ginkgo.focus=${focus}`,
      `--ginkgo.skip=${skip}`,
      `--ginkgo.json-report=${report}`,
      ...["--ginkgo.v", "--ginkgo.no-color", "--ginkgo.timeout=24h"],
    ];
    const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal tells the tests too. Told twice, they would not clean up.
      if (signal !== "SIGINT" || !isOnTerminal()) child.kill(signal);
    };
    process.on("SIGINT", forward).on("SIGTERM", forward);
    const written = createWriteStream(log, { mode: 0o600 });
    child.stdout.pipe(written, { end: false });
    child.stderr.pipe(written, { end: false });
    const lines = new ProgressLines();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ended = lines.read(line);
      if (ended !== undefined)
        process.stderr.write(`${ended.passed ? "passed" : "FAILED"} in ${ended.took}: ${ended.name}\n`);
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        child.kill();
        reject(error);
      };
      written.on("error", fail);
      child.on("error", fail).on("close", () => {
        written.end(resolve);
      });
    });
    process.off("SIGINT", forward).off("SIGTERM", forward);
    try {
      return readSpecReport(readFileSync(report, "utf8"));
    } catch (error) {
      throw new Error(`the tests ended without a report, see ${log}`, { cause: error });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
    const { pull, ...choice } = command.opts<Choice & { readonly pull: boolean }>();
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
      runTests({ ...choice, program: tools.tests.program, kubeconfig, env, log }),
    );
    process.off("SIGINT", stop).off("SIGTERM", stop);
    process.stdout.write(reportText(report));
    process.stderr.write(`all that the tests said: ${log}\n`);
    process.exitCode = exitCodeOf(report);
  },
  { failedProgram: 1 },
);
