import { renewalWarnings } from "../components/pki/expiry";
import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { engineParallelism, openStack, pulumi } from "./open-stack";
import { hasLocalHosts, policyArguments, withPolicyOptions } from "./policies";
import { repair } from "./repair";
import { stackOutputs } from "./stack-outputs";

/** Certificates that end sooner are spoken of after every `up`. */
const warningDays = 30;

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
  const again = command.opts<{ repair: boolean }>().repair ? await repair(options.stack, environment) : [];
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
