import { createReadStream, statSync } from "node:fs";
import { renderBenchmarkScript } from "../cis/benchmark-script";
import { exitCodeOf, reportJson, reportText, type HostReport } from "../cis/report";
import { readResults, type HostResults } from "../cis/results";
import type { HostRole } from "../components/plan/ports";
import type { RecordedHost } from "../drift/stack-state";
import { cisAnswer } from "../policies/controls/cis";
import { ensureTools } from "../toolchain/ensure";
import type { InstalledTool } from "../toolchain/installed-tool";
import { withHost } from "./look-at-host";
import { recordedState } from "./look-at-stack";
import { main } from "./main";
import { mapAtMost } from "./map-at-most";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";
import { readConfiguration } from "./stack-configuration";

/** Hosts at a time: each gets a program of some megabytes, through a bastion perhaps. */
const hostsAtOnce = 4;

/** A host that is a node of the cluster: the benchmark has nothing to say of others. */
interface Node {
  readonly host: RecordedHost;
  readonly role: HostRole;
}

async function runBenchmark({ host, role }: Node, { program, sha256 }: InstalledTool): Promise<HostResults> {
  const script = renderBenchmarkScript(role, { size: statSync(program).size, sha256 });
  return withHost(host.access, async ({ run }) =>
    readResults(await run(script, { what: "the benchmark", from: createReadStream(program) })),
  );
}

/** A reason in place of an exception: other hosts are reported all the same. */
async function report(node: Node, program: InstalledTool): Promise<HostReport> {
  const { name } = node.host;
  try {
    return { name, look: { seen: true, results: await runBenchmark(node, program) } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name, look: { seen: false, reason } };
  }
}

/** `npm run cis`: has kube-bench judge every node of a stack that runs. */
main(
  async () => {
    const command = stackCommand(
      "cis",
      "Run kube-bench's checks of the CIS Kubernetes Benchmark on every node, and say what did not pass and why. Changes nothing. Exit codes: 0 nothing failed, 2 something failed, 1 could not look everywhere.",
    )
      .option("--json", "print the report as JSON (docs/cis.md)", false)
      .parse();
    const { json } = command.opts<{ json: boolean }>();
    const { stack, ...options } = stackOptions(command);
    const env = await prepareEnvironment({ stack, ...options });
    const { hosts } = await recordedState(stack, env);
    const nodes = hosts.flatMap((host): Node[] =>
      host.role === undefined ? [] : [{ host, role: host.role }],
    );
    if (nodes.length === 0) {
      throw new Error(`stack ${stack} has no cluster. Fix: npm run up -- --stack ${stack}`);
    }
    const { architecture } = readConfiguration(stack);
    const [program] = await ensureTools(["cis-benchmark"], options.source, architecture);
    if (program === undefined) throw new Error("the toolchain gave no cis-benchmark");
    const seen = await mapAtMost(hostsAtOnce, nodes, (node) => report(node, program));
    const whole = { stack, hosts: seen };
    process.stdout.write(json ? reportJson(whole, cisAnswer, new Date()) : reportText(whole, cisAnswer));
    process.exitCode = exitCodeOf(whole);
  },
  { failedProgram: 1 },
);
