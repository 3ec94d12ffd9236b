import type { Architecture } from "./schema-types";
import type { Settings } from "./schema";

/** What the programs of hosts must be made for, and why. */
export interface HostArchitecture {
  /** The setting that says so, with its value. */
  readonly because: string;
  readonly architecture: Architecture;
}

/** Processors of the hosts: one kind for all hosts of a stack. */
export function hostArchitecture({
  provider,
  inventory,
  aws,
}: Pick<Settings["hosts"], "provider" | "inventory" | "aws">): HostArchitecture {
  if (provider === "local") {
    const because = "hosts.provider = local, machines on the kernel of this box, which is amd64";
    return { because, architecture: "amd64" };
  }
  const architecture = (provider === "aws" ? aws : inventory)?.architecture ?? "amd64";
  return { because: `hosts.${provider}.architecture = ${architecture}`, architecture };
}
