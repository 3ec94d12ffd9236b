import { Command, Option } from "commander";
import { toolSources, type ToolSource } from "../toolchain/ensure";
import type { StackOptions } from "./open-stack";

/** A command line program with the options that all commands on a stack share; `--help` lists them. */
export function stackCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .addOption(
      new Option("-s, --stack <name>", "environment, as in Pulumi.<name>.yaml")
        .env("REDOUBT_STACK")
        .default("local"),
    )
    .addOption(sourceOption());
}

/** `--source`: where tools come from. */
export function sourceOption(): Option {
  return new Option(
    "--source <where>",
    "where missing tools come from: vendors' releases, Go modules, or whichever answers",
  )
    .choices([...toolSources])
    .default("auto" satisfies ToolSource);
}

/** The options of {@link stackCommand} as parsed. */
export function stackOptions(command: Command): StackOptions {
  return command.opts<StackOptions>();
}
