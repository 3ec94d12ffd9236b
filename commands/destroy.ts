import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { engineParallelism, openStack, pulumi } from "./open-stack";

/** `npm run destroy`: removes everything that the stack made. */
main(async () => {
  const command = stackCommand(
    "destroy",
    "Remove everything that the stack made: machines, their disks, bridge and addresses.",
  )
    .argument("[arguments...]", "passed to pulumi destroy")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const { environment } = await openStack(options, "removal");
  const args = ["--yes", "--skip-preview", "--parallel", engineParallelism, ...command.args];
  await pulumi("destroy", options.stack, args, environment);
});
