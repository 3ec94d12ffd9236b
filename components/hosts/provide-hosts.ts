import { AwsInstances, type AwsInstancesArgs } from "./aws";
import type { HostProvider } from "./host";
import { Inventory, type InventoryArgs } from "./inventory";
import { LocalMachines, type LocalMachinesArgs } from "./local";

/** Where hosts come from, and what their provider needs to know. */
export type HostSource =
  | { readonly provider: "local"; readonly local: LocalMachinesArgs }
  | { readonly provider: "inventory"; readonly inventory: InventoryArgs }
  | { readonly provider: "aws"; readonly aws: AwsInstancesArgs };

/** The hosts of the cluster: whoever provides them, all that follows is the same. */
export function provideHosts(name: string, source: HostSource): HostProvider {
  switch (source.provider) {
    case "local":
      return new LocalMachines(name, source.local);
    case "inventory":
      return new Inventory(name, source.inventory);
    case "aws":
      return new AwsInstances(name, source.aws);
  }
}
