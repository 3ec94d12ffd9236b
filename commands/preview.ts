import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { openStack, pulumi } from "./open-stack";
import { policyArguments, withPolicyOptions } from "./policies";

/** `npm run preview`: shows what `up` would change, down to the lines of files on hosts, and changes nothing. */
main(async () => {
  const command = withPolicyOptions(
    stackCommand("preview", "Show what up would change, with the changed lines of files on hosts."),
    "always",
  )
    .argument("[arguments...]", "passed to pulumi preview")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const { environment } = await openStack(options, "look");
  const policies = policyArguments(command, options.stack, true);
  await pulumi("preview", options.stack, ["--diff", ...policies, ...command.args], environment);
});
