import { main } from "./main";
import { sessionOptions, stackCommand } from "./options";
import { engineParallelism, openStack, pulumi } from "./session";

/** `npm run up`: installs what is missing, then makes the cluster what the configuration says; does nothing when it already is. */
main(async () => {
  const command = stackCommand(
    "up",
    "Build the cluster of a stack, or change it to what its configuration says.",
  )
    .argument("[arguments...]", "passed to pulumi up")
    .allowUnknownOption()
    .parse();
  const options = sessionOptions(command);
  const environment = await openStack(options);
  const args = ["--yes", "--skip-preview", "--parallel", engineParallelism, ...command.args];
  await pulumi("up", options.stack, args, environment);
});
