import { shellQuote } from "../components/plan/quote";
import { main } from "./main";
import { sourceOption } from "./options";
import { Command } from "commander";
import { prepareEnvironment } from "./session";

/** `eval "$(npm run -s env)"`: a shell in which plain `pulumi up`, `kubectl` and the rest work. */
main(async () => {
  const command = new Command("npm run -s env --")
    .description('Print shell exports; use as: eval "$(npm run -s env)"')
    .addOption(sourceOption())
    .parse();
  const { source } = command.opts<{ source: "auto" | "release" | "modules" }>();
  const environment = await prepareEnvironment(source);
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && process.env[name] !== value)
      process.stdout.write(`export ${name}=${shellQuote(value)}\n`);
  }
});
