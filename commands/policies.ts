import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { hostProviderOf } from "./host-provider";
import { projectFolder } from "./stack";

/** Folder of the policy pack. */
const packFolder = path.join(projectFolder, "policies");

/** Adds `--policies` and `--no-policies` to a command. */
export function withPolicyOptions(command: Command, byDefault: string): Command {
  return command
    .option("--policies", `ask the policy pack (default: ${byDefault})`)
    .option("--no-policies", "do not ask the policy pack");
}

/** Whether the hosts of a stack are machines of this box, as they are where nothing else is configured. */
export function hasLocalHosts(stack: string, folder = projectFolder): boolean {
  return hostProviderOf(stack, folder) === "local";
}

/**
 * Arguments of `pulumi preview` and `pulumi up` that ask the policy pack, with the levels and waivers of the environment when
 * `policies/config/STACK.json` gives some.
 *
 * @param byDefault Whether to ask when the user says neither `--policies` nor `--no-policies`.
 */
export function policyArguments(command: Command, stack: string, byDefault: boolean): string[] {
  if (!(command.opts<{ policies?: boolean }>().policies ?? byDefault)) return [];
  const configuration = path.join(packFolder, "config", `${stack}.json`);
  return [
    ...["--policy-pack", packFolder],
    ...(existsSync(configuration) ? ["--policy-pack-config", configuration] : []),
  ];
}
