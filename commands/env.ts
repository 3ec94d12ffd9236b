import { shellQuote } from "../components/plan/quote";
import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { prepareEnvironment } from "./open-stack";

/** `eval "$(npm run -s env)"`: a shell in which plain `pulumi up`, `kubectl` and the rest work. */
main(async () => {
  const command = stackCommand("env", 'Print shell exports; use as: eval "$(npm run -s env)"').parse();
  const environment = await prepareEnvironment(stackOptions(command));
  for (const [name, value] of Object.entries(environment)) {
    // The user's own shell keeps its folder of temporary files.
    if (value === undefined || process.env[name] === value || name === "TMPDIR") continue;
    process.stdout.write(`export ${name}=${shellQuote(value)}\n`);
  }
});
