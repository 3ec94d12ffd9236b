import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { openStack, pulumi } from "./open-stack";

/** `npm run preview`: shows what `up` would change, down to the lines of files on hosts, and changes nothing. */
main(async () => {
  const command = stackCommand(
    "preview",
    "Show what up would change, with the changed lines of files on hosts.",
  )
    .argument("[arguments...]", "passed to pulumi preview")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const environment = await openStack(options);
  await pulumi("preview", options.stack, ["--diff", ...command.args], environment);
});
