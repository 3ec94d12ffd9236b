import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup";
import { Eip } from "@pulumi/aws/ec2/eip";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { NatGateway } from "@pulumi/aws/ec2/natGateway";
import { Route } from "@pulumi/aws/ec2/route";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import * as pulumi from "@pulumi/pulumi";

/** An availability zone and what the cluster has in it. */
export interface ZoneSpec {
  /** As `eu-central-1a`. */
  readonly name: string;
  /** Where hosts are; nothing here has a public address. */
  readonly privateCidr: string;
  /** Where NAT gateways and load balancer are, and the endpoint of tunnels: whatever AWS picks an address for. */
  readonly publicCidr: string;
}

/** A zone as the stack made it. */
export interface Zone extends ZoneSpec {
  readonly privateSubnetId: pulumi.Output<string>;
  readonly publicSubnetId: pulumi.Output<string>;
  /** Routes of the private subnet; those to pods are added to it. */
  readonly privateRoutes: RouteTable;
}

/** Arguments of {@link VirtualNetwork}. */
export interface VirtualNetworkArgs {
  /** Begins the name tag of everything. */
  readonly clusterName: string;
  readonly vpcCidr: string;
  readonly zones: readonly ZoneSpec[];
  /** The bastion's subnet in the first zone, which faces the internet and holds nothing else. Default: it needs none. */
  readonly bastionCidr: string | undefined;
  /** A NAT gateway in each zone, or one in the first that all depend on. */
  readonly natGateways: "per-zone" | "one";
}

const everywhere = "0.0.0.0/0";

/**
 * The VPC: in each zone a private subnet for hosts, whose way out is a NAT gateway, and a public one for what must face the internet;
 * one more for a bastion, whose address nothing may have that AWS picks one for. No subnet gives out public addresses, and what names no
 * security group gets one that lets nothing through.
 */
export class VirtualNetwork extends pulumi.ComponentResource {
  public readonly vpcId: pulumi.Output<string>;
  public readonly zones: readonly Zone[];
  /** Undefined where the bastion needs none of its own. */
  public readonly bastionSubnetId: pulumi.Output<string> | undefined;
  /** Addresses by which private subnets reach the internet, one for each NAT gateway. */
  public readonly natAddresses: readonly pulumi.Output<string>[];
  /** Without it, AWS gives no load balancer that faces the internet and no instance a public address. */
  public readonly internetGateway: InternetGateway;
  /** What must exist before an instance in any of the subnets finds its way out. */
  public readonly ready: readonly pulumi.Resource[];

  public constructor(name: string, args: VirtualNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:VirtualNetwork", name, { cidr: args.vpcCidr }, opts);
    const own = { parent: this };
    const tags = (what: string): { Name: string } => ({ Name: `${args.clusterName}-${what}` });

    // The VPC, and the group that AWS makes with it, emptied (CIS AWS Foundations 3.0, 5.4).
    const vpc = new Vpc(
      `${name}-vpc`,
      { cidrBlock: args.vpcCidr, enableDnsSupport: true, enableDnsHostnames: true, tags: tags("vpc") },
      own,
    );
    new DefaultSecurityGroup(
      `${name}-default-security-group`,
      { vpcId: vpc.id, ingress: [], egress: [], tags: tags("default-nothing-allowed") },
      { ...own, deletedWith: vpc },
    );

    // The way from and to the internet, for public subnets.
    const internet = new InternetGateway(
      `${name}-internet-gateway`,
      { vpcId: vpc.id, tags: tags("internet") },
      own,
    );
    const publicRoutes = new RouteTable(
      `${name}-public-routes`,
      { vpcId: vpc.id, tags: tags("public") },
      own,
    );
    const publicWay = new Route(
      `${name}-public-routes-internet`,
      { routeTableId: publicRoutes.id, destinationCidrBlock: everywhere, gatewayId: internet.id },
      { ...own, deletedWith: publicRoutes },
    );

    // Subnets.
    const makeSubnet = (
      kind: "private" | "public" | "bastion",
      zone: ZoneSpec,
      cidrBlock: string,
      routes: RouteTable,
    ): { subnet: Subnet; association: RouteTableAssociation } => {
      const subnet = new Subnet(
        `${name}-${kind}-${zone.name}`,
        {
          vpcId: vpc.id,
          cidrBlock,
          availabilityZone: zone.name,
          mapPublicIpOnLaunch: false,
          tags: tags(`${kind}-${zone.name}`),
        },
        own,
      );
      const association = new RouteTableAssociation(
        `${name}-${kind}-${zone.name}-routes`,
        { subnetId: subnet.id, routeTableId: routes.id },
        { ...own, deletedWith: subnet },
      );
      return { subnet, association };
    };
    const made = args.zones.map((zone) => {
      const privateRoutes = new RouteTable(
        `${name}-private-routes-${zone.name}`,
        { vpcId: vpc.id, tags: tags(`private-${zone.name}`) },
        own,
      );
      return {
        zone,
        privateRoutes,
        private: makeSubnet("private", zone, zone.privateCidr, privateRoutes),
        public: makeSubnet("public", zone, zone.publicCidr, publicRoutes),
      };
    });

    const forBastion = args.zones
      .slice(0, 1)
      .flatMap((zone) =>
        args.bastionCidr === undefined ? [] : makeSubnet("bastion", zone, args.bastionCidr, publicRoutes),
      );

    // The way out for hosts.
    const withGateway = args.natGateways === "one" ? made.slice(0, 1) : made;
    const gateways = withGateway.map(({ zone, public: { subnet } }) => {
      const address = new Eip(
        `${name}-nat-${zone.name}-address`,
        { domain: "vpc", tags: tags(`nat-${zone.name}`) },
        // An address is of use only behind the gateway (AWS: NAT gateway basics).
        { ...own, dependsOn: [internet] },
      );
      const gateway = new NatGateway(
        `${name}-nat-${zone.name}`,
        { subnetId: subnet.id, allocationId: address.id, tags: tags(`nat-${zone.name}`) },
        { ...own, dependsOn: [internet] },
      );
      return { gateway, address };
    });
    const privateWays = made.flatMap(({ zone, privateRoutes }, index) => {
      const nat = gateways[index] ?? gateways[0];
      if (nat === undefined) return [];
      return new Route(
        `${name}-private-routes-${zone.name}-internet`,
        { routeTableId: privateRoutes.id, destinationCidrBlock: everywhere, natGatewayId: nat.gateway.id },
        { ...own, deletedWith: privateRoutes },
      );
    });

    this.vpcId = vpc.id;
    this.zones = made.map((ofZone) => ({
      ...ofZone.zone,
      privateRoutes: ofZone.privateRoutes,
      privateSubnetId: ofZone.private.subnet.id,
      publicSubnetId: ofZone.public.subnet.id,
    }));
    this.bastionSubnetId = forBastion[0]?.subnet.id;
    this.natAddresses = gateways.map(({ address }) => address.publicIp);
    this.internetGateway = internet;
    const subnets = [...made.flatMap((ofZone) => [ofZone.private, ofZone.public]), ...forBastion];
    const associations = subnets.map(({ association }) => association);
    this.ready = [publicWay, ...privateWays, ...associations];
    this.registerOutputs({ vpcId: this.vpcId });
  }
}
