import { renewalWarnings } from "../components/pki/expiry";
import { lastUpdateFailed } from "./last-update";
import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { engineParallelism, openStack, pulumi } from "./open-stack";
import { hasLocalHosts, policyArguments, withPolicyOptions } from "./policies";
import { repair } from "./repair";
import { stackOutputs } from "./stack-outputs";

/** Certificates that end sooner are spoken of after every `up`. */
const warningDays = 30;

/** What must run again although the program did not change: what was changed by hand, or by an `up` that failed half-way. */
async function repairs(stack: string, env: NodeJS.ProcessEnv, asked: boolean): Promise<readonly string[]> {
  if (asked) return repair(stack, env, true);
  if (!(await lastUpdateFailed(stack, env))) return [];
  process.stderr.write(`stack ${stack}: the last up failed; looking for what it left half-done\n`);
  return repair(stack, env, false);
}

/** `npm run up`: installs what is missing, then makes the cluster what the configuration says; does nothing when it already is. */
main(async () => {
  const command = withPolicyOptions(
    stackCommand("up", "Build the cluster of a stack, or change it to what its configuration says."),
    "where hosts are no local machines",
  )
    .option("--repair", "first look for drift, and put right what was changed by hand", false)
    .argument("[arguments...]", "passed to pulumi up")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const environment = await openStack(options);
  const policies = policyArguments(command, options.stack, !hasLocalHosts(options.stack));
  const again = await repairs(options.stack, environment, command.opts<{ repair: boolean }>().repair);
  const args = [
    "--yes",
    "--skip-preview",
    "--parallel",
    engineParallelism,
    ...policies,
    ...again,
    ...command.args,
  ];
  await pulumi("up", options.stack, args, environment);
  const { certificateExpiry = {} } = await stackOutputs(options.stack, environment);
  for (const warning of renewalWarnings(certificateExpiry, new Date(), warningDays)) {
    process.stderr.write(`warning: ${warning}\n`);
  }
});
