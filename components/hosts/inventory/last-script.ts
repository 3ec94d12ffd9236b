import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostConnection } from "../host";

/** What {@link lastScript} tells the program that runs it, on stdin: the connection holds a private key. */
export interface LastOrder {
  readonly connection: HostConnection;
  readonly script: string;
}

/** The program that logs in; it runs on the box, from the folder of the Pulumi program. */
const runLastScript = "node --import tsx components/hosts/inventory/run-last-script.ts";

/**
 * A script that runs as root on a host when it leaves, and not before. A command of the host's own would fail where the host is gone,
 * and the `up` with it; this one goes from the box, says what it could not do, and lets the host go.
 */
export function lastScript(
  name: string,
  connection: pulumi.Input<HostConnection>,
  script: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const order = pulumi
    .output(connection)
    .apply((known) => JSON.stringify({ connection: known, script } satisfies LastOrder));
  return new command.local.Command(
    name,
    { delete: runLastScript, stdin: pulumi.secret(order), logging: "none", addPreviousOutputInEnv: false },
    opts,
  );
}
