import { existsSync } from "node:fs";
import path from "node:path";
import { Option, type Command } from "commander";
import { projectFolder } from "./stack";

/** Folder of the policy pack. */
const packFolder = path.join(projectFolder, "policies");

/** `--skip-policies`: for a look without the pack; every other run asks it. */
export function skipPoliciesOption(): Option {
  return new Option("--skip-policies", "do not ask the policy pack").default(false);
}

/**
 * Arguments of `pulumi preview` and `pulumi up` that ask the policy pack, with the levels and waivers of the environment when
 * `policies/config/STACK.json` gives some.
 */
export function policyArguments(command: Command, stack: string): string[] {
  if (command.opts<{ skipPolicies: boolean }>().skipPolicies) return [];
  const configuration = path.join(packFolder, "config", `${stack}.json`);
  return [
    ...["--policy-pack", packFolder],
    ...(existsSync(configuration) ? ["--policy-pack-config", configuration] : []),
  ];
}
