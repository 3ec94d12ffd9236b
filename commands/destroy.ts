import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { destroyArguments, openStack, pulumi } from "./open-stack";
import { removeStack } from "./removal";
import { refuseLastKey } from "./way-in";

/** `npm run destroy`: removes everything that the stack made. */
main(async () => {
  const command = stackCommand(
    "destroy",
    [
      "Remove everything that the stack made.",
      "Local machines go with their disks, bridge and addresses.",
      "Hosts of an inventory are forgotten, and stay as they are.",
      "On AWS the key of the disks is deleted after 30 days, in which it can be taken back.",
      "What is protected refuses: set pki.protect, and on AWS hosts.aws.protect, to false and run up before.",
    ].join(" "),
  )
    .option(
      "--forget-keys",
      "hosts of an inventory: forget them though nobody else has a key to them (default: refused)",
    )
    .argument("[arguments...]", "passed to pulumi destroy")
    .allowUnknownOption()
    .parse();
  const options = stackOptions(command);
  const { environment, hostProvider, resources } = await openStack(
    options,
    command.args.length === 0 ? "removal" : "removal-of-a-part",
  );
  const { forgetKeys = false } = command.opts<{ forgetKeys?: boolean }>();
  if (!forgetKeys) refuseLastKey(options.stack, resources, command.args);
  const args = [...destroyArguments, ...command.args];
  await removeStack({
    stack: options.stack,
    hostProvider,
    args: command.args,
    destroy: (variables) => pulumi("destroy", options.stack, args, { ...environment, ...variables }),
  });
});
