import type * as pulumi from "@pulumi/pulumi";
import type { AwsInstancesArgs } from "./aws";
import type { HostProvider } from "./host";
import { Inventory, type InventorySource } from "./inventory";
import { LocalMachines, type LocalMachinesArgs } from "./local";

/** Where hosts come from, and what their provider needs to know. */
export type HostSource =
  | { readonly provider: "local"; readonly local: LocalMachinesArgs }
  | { readonly provider: "inventory"; readonly inventory: InventorySource }
  | { readonly provider: "aws"; readonly aws: AwsInstancesArgs };

/**
 * The hosts of the cluster: whoever provides them, all that follows is the same.
 *
 * @param authorities PEM of every generation of `kubernetes-ca` that is trusted: by it a host that was there before is known.
 */
export function provideHosts(
  name: string,
  source: HostSource,
  authorities: pulumi.Input<string>,
): HostProvider {
  switch (source.provider) {
    case "local":
      return new LocalMachines(name, source.local);
    case "inventory":
      return new Inventory(name, { ...source.inventory, authorities });
    case "aws": {
      // Its SDK takes 50 ms to load, which nobody else has to wait for.
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be loaded by every stack
      const { AwsInstances } = require("./aws") as typeof import("./aws");
      return new AwsInstances(name, source.aws);
    }
  }
}
