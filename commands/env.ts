import { shellQuote } from "../components/plan/quote";
import { main } from "./main";
import { stackOptions, stackCommand } from "./options";
import { prepareEnvironment } from "./open-stack";

/** `eval "$(npm run -s env)"`: a shell in which plain `pulumi up`, `kubectl` and the rest work. */
main(async () => {
  const command = stackCommand("env", 'Print shell exports; use as: eval "$(npm run -s env)"').parse();
  const environment = await prepareEnvironment(stackOptions(command));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || process.env[name] === value) continue;
    process.stdout.write(`export ${name}=${shellQuote(value)}\n`);
  }
});
