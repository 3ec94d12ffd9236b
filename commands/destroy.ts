import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { destroyArguments, openStack, pulumi } from "./open-stack";
import { removeStack } from "./removal";

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
  const { environment, hostProvider } = await openStack(
    options,
    command.args.length === 0 ? "removal" : "removal-of-a-part",
  );
  const args = [...destroyArguments, ...command.args];
  await removeStack({
    stack: options.stack,
    hostProvider,
    args: command.args,
    destroy: (variables) => pulumi("destroy", options.stack, args, { ...environment, ...variables }),
  });
});
