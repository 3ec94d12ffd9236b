import { exitCodeOf, reportJson, reportText } from "../drift/drift-report";
import { lookAtStack, recordedState } from "./look-at-stack";
import { main } from "./main";
import { prepareEnvironment } from "./open-stack";
import { stackCommand, stackOptions } from "./options";

/** `npm run drift`: says where hosts, cluster and account are not as the last `up` left them, and changes nothing. */
main(
  async () => {
    const command = stackCommand(
      "drift",
      "Compare every host, the cluster and, on AWS, the account with what the last up made of them. Exit codes: 0 no drift, 2 drift, 1 could not look everywhere.",
    )
      .option("--json", "print the report as JSON (docs/drift.md)", false)
      .parse();
    const { json } = command.opts<{ json: boolean }>();
    const { stack, ...options } = stackOptions(command);
    const env = await prepareEnvironment({ stack, ...options });
    const state = await recordedState(stack, env);
    if (state.hosts.length === 0 && state.cloudResources.length === 0) {
      throw new Error(`stack ${stack} has nothing to look at. Fix: npm run up -- --stack ${stack}`);
    }
    const report = await lookAtStack(stack, state, env);
    process.stdout.write(json ? reportJson(report, new Date()) : reportText(report));
    process.exitCode = exitCodeOf(report);
  },
  { failedProgram: 1 },
);
