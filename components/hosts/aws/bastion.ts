import { Eip } from "@pulumi/aws/ec2/eip";
import { InstanceConnectEndpoint } from "@pulumi/aws/ec2transitgateway/instanceConnectEndpoint";
import * as pulumi from "@pulumi/pulumi";
import { updates } from "../hardening/updates";
import { HardenedInstance, type HardenedInstanceArgs } from "./instance";
import type { SecurityGroups } from "./security-groups";

/**
 * How the bastion is reached: by a public address that lets some networks in, or, without one, by a tunnel that AWS opens for whom
 * IAM allows it.
 */
export type BastionAccess =
  | { readonly by: "bastion" }
  /** The tunnel ends at this port of the box that `up` runs on. */
  | { readonly by: "instance-connect-endpoint"; readonly tunnelPort: number };

/** Arguments of {@link Bastion}. */
export interface BastionArgs extends Pick<
  HardenedInstanceArgs,
  | "instanceType"
  | "imageId"
  | "kmsKeyArn"
  | "subnetId"
  | "privateIp"
  | "stackPublicKeys"
  | "otherPublicKeys"
  | "bootsAfter"
> {
  readonly clusterName: string;
  readonly access: BastionAccess;
  readonly adminUser: string;
  /** Where an endpoint of tunnels is put: AWS picks its address, so no other may be fixed there. */
  readonly endpointSubnetId: pulumi.Input<string>;
  readonly securityGroups: SecurityGroups;
}

/** Where SSH answers, as who connects sees it. */
interface Entrance {
  readonly address: pulumi.Input<string>;
  readonly port: number;
}

/** A disk that holds nothing but Debian. */
const diskGigabytes = 8;

/**
 * The one SSH server that is reached from outside; it passes connections on to hosts and does nothing else. No plan is applied to it:
 * what it is told at its first boot is all, and another configuration is another bastion.
 */
export class Bastion extends pulumi.ComponentResource {
  public readonly entrance: Entrance;
  /** Its public address; where it has none, the one in the VPC. */
  public readonly address: pulumi.Output<string>;
  /** Its id in EC2. */
  public readonly instanceId: pulumi.Output<string>;
  /** Its host key, in OpenSSH form. */
  public readonly hostKey: pulumi.Output<string>;
  /** What must exist before it answers. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(name: string, args: BastionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:Bastion", name, { by: args.access.by }, opts);
    const { access, securityGroups, clusterName, adminUser } = args;
    const host = new HardenedInstance(
      `${name}-server`,
      {
        ...args,
        title: `${clusterName}-bastion`,
        securityGroupId: securityGroups.idOf("bastion"),
        diskGigabytes,
        firstBoot: {
          hostname: "bastion",
          adminUser,
          forwards: true,
          upgrades: true,
          // Nobody is at home here to be disturbed by a reboot at night.
          also: updates({ automaticReboot: true }),
        },
        routes: false,
        protect: false,
        elasticIp: access.by === "bastion",
        replacedByFirstBoot: true,
      },
      { parent: this },
    );
    this.hostKey = host.hostKey;
    this.instanceId = host.instance.id;
    if (access.by === "bastion") {
      const address = new Eip(
        `${name}-address`,
        { domain: "vpc", instance: host.instance.id, tags: { Name: `${clusterName}-bastion` } },
        { parent: this },
      );
      this.address = address.publicIp;
      this.entrance = { address: address.publicIp, port: 22 };
      this.ready = [host.instance, address];
    } else {
      const endpoint = new InstanceConnectEndpoint(
        `${name}-endpoint`,
        {
          subnetId: args.endpointSubnetId,
          securityGroupIds: [securityGroups.idOf("tunnel-endpoint")],
          preserveClientIp: false,
          tags: { Name: `${clusterName}-tunnel` },
        },
        { parent: this },
      );
      this.address = host.instance.privateIp;
      this.entrance = { address: "127.0.0.1", port: access.tunnelPort };
      this.ready = [host.instance, endpoint];
    }
    this.registerOutputs({});
  }
}
