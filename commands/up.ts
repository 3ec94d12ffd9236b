import { renewalWarnings } from "../components/pki/expiry";
import { unfinishedUpdate } from "./last-update";
import { main } from "./main";
import { withNotices } from "./notices";
import { stackOptions, stackCommand } from "./options";
import { engineParallelism, openStack, pulumi, type OpenedStack } from "./open-stack";
import { hasLocalHosts, policyArguments, withPolicyOptions } from "./policies";
import { repair } from "./repair";
import { saveOnce } from "./save-once";
import { stackOutputs, type StackOutputs } from "./stack-outputs";

/** Authorities that end sooner are spoken of after every `up`. */
const warningDays = 30;

/**
 * What must run again although the program did not change: what was changed by hand, or by an `up` that ended half-way.
 *
 * @param wanted What the user says of it; undefined when nothing.
 */
async function repairs(
  stack: string,
  { environment, cutOff }: OpenedStack,
  wanted: boolean | undefined,
): Promise<readonly string[]> {
  if (wanted === false) return [];
  const unfinished = await unfinishedUpdate(stack, cutOff, environment);
  if (unfinished !== undefined) {
    process.stderr.write(`stack ${stack}: the last up ${unfinished}; looking for what it left half-done\n`);
  }
  const looks = wanted === true || unfinished !== undefined || !hasLocalHosts(stack);
  // Who asked for it wants all of it; otherwise one host that is off must not keep a change from the others.
  return looks ? repair(stack, environment, wanted === true) : [];
}

function expiryWarnings({ certificateExpiry = {} }: StackOutputs): string[] {
  return renewalWarnings(certificateExpiry, new Date(), warningDays);
}

/** Speaks of authorities that end soon. A certificate is only ever made later, so what was far off before is not looked at again. */
async function warnOfExpiry(before: StackOutputs, readAfter: () => Promise<StackOutputs>): Promise<void> {
  if (expiryWarnings(before).length === 0) return;
  for (const warning of expiryWarnings(await readAfter())) process.stderr.write(`warning: ${warning}\n`);
}

/** `npm run up`: installs what is missing, then makes the cluster what the configuration says; does nothing when it already is. */
main(async () => {
  const command = withPolicyOptions(
    stackCommand("up", "Build the cluster of a stack, or change it to what its configuration says."),
    "where hosts are no local machines",
  )
    .option(
      "--repair",
      "first look for drift everywhere, and put right what was changed by hand (default: where hosts are no local machines, or the last up ended half-way, as far as they can be looked at)",
    )
    .option("--no-repair", "do not look for drift")
    .argument("[arguments...]", "passed to pulumi up")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const opened = await openStack(options, "change");
  const { outputs } = opened;
  const environment = opened.isFirst ? { ...opened.environment, ...saveOnce } : opened.environment;
  const policies = policyArguments(command, options.stack, !hasLocalHosts(options.stack));
  const again = await repairs(options.stack, opened, command.opts<{ repair?: boolean }>().repair);
  const args = [
    "--yes",
    "--skip-preview",
    "--parallel",
    engineParallelism,
    ...policies,
    ...again,
    ...command.args,
  ];
  await withNotices(environment, (env) => pulumi("up", options.stack, args, env));
  await warnOfExpiry(outputs, () => stackOutputs(options.stack, environment));
});
