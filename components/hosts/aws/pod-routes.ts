import { Route } from "@pulumi/aws/ec2/route";
import * as pulumi from "@pulumi/pulumi";
import type { Zone } from "./virtual-network";

/** Arguments of {@link PodRoutes}. */
export interface PodRoutesArgs {
  /** The pods of one host. */
  readonly podCidr: string;
  /** The host's network interface; it must carry packets of others. */
  readonly networkInterfaceId: pulumi.Input<string>;
  /** Where hosts are that shall reach the pods. */
  readonly zones: readonly Pick<Zone, "name" | "privateRoutes">[];
}

/** The way to the pods of one host, for every subnet with hosts: the VPC carries their packets as they are. */
export class PodRoutes extends pulumi.ComponentResource {
  public readonly routes: readonly Route[];

  public constructor(name: string, args: PodRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:PodRoutes", name, { podCidr: args.podCidr }, opts);
    this.routes = args.zones.map(
      (zone) =>
        new Route(
          `${name}-${zone.name}`,
          {
            routeTableId: zone.privateRoutes.id,
            destinationCidrBlock: args.podCidr,
            networkInterfaceId: args.networkInterfaceId,
          },
          { parent: this, deletedWith: zone.privateRoutes },
        ),
    );
    this.registerOutputs({});
  }
}
