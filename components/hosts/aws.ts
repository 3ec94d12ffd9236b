import { Provider } from "@pulumi/aws/provider";
import * as pulumi from "@pulumi/pulumi";
import { ApplyPlan } from "../plan/apply-plan";
import { mergeFragments } from "../plan/merge";
import type { PlanFragment } from "../plan/plan";
import type { NodePortRule, PortFeature } from "../plan/ports";
import { Bastion, type BastionAccess } from "./aws/bastion";
import { debianImage, type DebianImageOptions } from "./aws/debian-image";
import { EncryptionKey } from "./aws/encryption-key";
import { firstBoot } from "./aws/first-boot";
import { HardenedInstance, type HardenedInstanceArgs } from "./aws/instance";
import { ApiLoadBalancer } from "./aws/load-balancer";
import { metadataGuard } from "./aws/metadata-guard";
import { PodRoutes } from "./aws/pod-routes";
import { SecurityGroups } from "./aws/security-groups";
import { balancedPorts, groupNames, securityRules } from "./aws/security-rules";
import { VirtualNetwork, type Zone, type ZoneSpec } from "./aws/virtual-network";
import type { Host, HostConnection, HostProvider, HostSpec, MadeOnAws } from "./host";
import { ArtifactDelivery, type DeliveredFile } from "./inventory/artifact-delivery";
import type { StackKeyOptions } from "./stack-key-generations";
import { attemptedKeys, makeStackKeys, type StackKeys } from "./stack-keys";

/** A host that is made on AWS. */
export interface AwsHost extends HostSpec {
  /** Name of the zone in whose private subnet its address is. */
  readonly zone: string;
}

/** Arguments of {@link AwsInstances}. */
export interface AwsInstancesArgs {
  readonly clusterName: string;
  /** Twelve digits; other accounts are refused. */
  readonly accountId: string;
  readonly region: string;
  readonly vpcCidr: string;
  readonly zones: readonly ZoneSpec[];
  readonly natGateways: "per-zone" | "one";
  readonly hosts: readonly AwsHost[];
  /** Of instance types, image and programs, as `amd64`. */
  readonly architecture: string;
  readonly instanceTypes: Readonly<Record<"controlPlane" | "worker" | "bastion", string>>;
  readonly diskGigabytes: number;
  /** Image of new instances: its id, or how Debian's newest is found. */
  readonly image: { readonly id: string } | DebianImageOptions;
  readonly access: BastionAccess;
  /** The bastion's address in the VPC. */
  readonly bastionAddress: string;
  /** The bastion's own subnet. Default: it is in the private one of the first zone, as behind an endpoint. */
  readonly bastionCidr: string | undefined;
  /** The user that may log in; it has sudo. */
  readonly adminUser: string;
  /** Which keys the stack logs in with, and hosts let in. */
  readonly stackKeys: StackKeyOptions;
  /** Who else may log in to the bastion, in OpenSSH form. */
  readonly sshPublicKeys: readonly string[];
  /** Networks from which the bastion is reached; without meaning behind an endpoint. */
  readonly operatorCidrs: readonly string[];
  readonly apiServer: {
    /** Whether the load balancer faces the internet. */
    readonly public: boolean;
    /** Networks from which it is reached, beside hosts. */
    readonly clients: readonly string[];
    /** Its name, and the zone of Route 53 that shall hold it. Default: somebody else makes the name. */
    readonly dnsName?: { readonly name: string; readonly zoneId: string } | undefined;
  };
  /** What is configured, and so has its ports open. */
  readonly features: readonly PortFeature[];
  readonly podCidr: string;
  /** Ways from outside the cluster to its pods. */
  readonly nodePorts: readonly NodePortRule[];
  /** Refuse to delete control planes and the key of the disks. */
  readonly protect: boolean;
  /** What is brought to a host of a role. */
  readonly deliveries: (spec: HostSpec) => readonly DeliveredFile[];
}

/** Attempts at a login while an instance boots, or while somebody opens the tunnel: some ten minutes in all. */
const dialing = { dialErrorLimit: 60, perDialTimeout: 10 };

function zoneOf(network: VirtualNetwork, name: string): Zone {
  const zone = network.zones.find((known) => known.name === name);
  if (zone === undefined) throw new Error(`the network has no zone ${name}`);
  return zone;
}

/** Where everything is made, and as what it is known; who makes it is said by the caller's environment. */
function providerOf(name: string, args: AwsInstancesArgs, parent: pulumi.Resource): Provider {
  const tags = { "redoubt:cluster": args.clusterName, "redoubt:stack": pulumi.getStack() };
  return new Provider(
    `${name}-aws`,
    { region: args.region, allowedAccountIds: [args.accountId], defaultTags: { tags } },
    { parent },
  );
}

/** What all instances have in common. */
type CommonArgs = Pick<HardenedInstanceArgs, "imageId" | "kmsKeyArn" | "stackPublicKeys" | "bootsAfter">;

/** What hosts are put into. */
interface Surroundings {
  readonly network: VirtualNetwork;
  readonly securityGroups: SecurityGroups;
  readonly own: pulumi.ComponentResourceOptions;
}

/** A host that was made. */
interface MadeHost {
  readonly spec: AwsHost;
  readonly instance: HardenedInstance;
  /** To its pods. */
  readonly routes: PodRoutes["routes"];
}

function makeHost(
  name: string,
  args: AwsInstancesArgs,
  spec: AwsHost,
  common: CommonArgs,
  { network, securityGroups, own }: Surroundings,
): MadeHost {
  const isControlPlane = spec.role === "control-plane";
  const instance = new HardenedInstance(
    name,
    {
      ...common,
      title: `${args.clusterName}-${spec.name}`,
      instanceType: args.instanceTypes[isControlPlane ? "controlPlane" : "worker"],
      subnetId: zoneOf(network, spec.zone).privateSubnetId,
      privateIp: spec.address,
      securityGroupId: securityGroups.idOf(isControlPlane ? "control-planes" : "workers"),
      diskGigabytes: args.diskGigabytes,
      otherPublicKeys: [],
      firstBoot: { hostname: spec.name, adminUser: args.adminUser },
      routes: true,
      protect: args.protect && isControlPlane,
      elasticIp: false,
      replacedByFirstBoot: false,
    },
    own,
  );
  const { routes } = new PodRoutes(
    `${name}-pods`,
    {
      podCidr: spec.podCidr,
      networkInterfaceId: instance.instance.primaryNetworkInterfaceId,
      zones: network.zones,
    },
    own,
  );
  return { spec, instance, routes };
}

/**
 * Instances in private subnets of three zones of one VPC, behind a bastion and a load balancer that the stack makes. None has a role
 * in AWS, because nothing that runs on it calls AWS.
 */
export class AwsInstances extends pulumi.ComponentResource implements HostProvider {
  public readonly hosts: readonly Host[];
  public readonly stackKeys: StackKeys;
  /** What hosts are told beside their hardening. */
  public readonly fragments: Readonly<Record<string, PlanFragment>> = { "metadata-guard": metadataGuard() };
  public readonly aws: MadeOnAws;
  /** Hosts are in different subnets, so their pods are reached by routes of the VPC. */
  public readonly podRoutes = "network";

  public constructor(name: string, args: AwsInstancesArgs, opts?: pulumi.ComponentResourceOptions) {
    const where = { region: args.region, vpc: args.vpcCidr };
    super("redoubt:hosts:AwsInstances", name, { ...where, ...attemptedKeys(args.stackKeys) }, opts);
    const { clusterName, adminUser } = args;

    // Who may log in.
    this.stackKeys = makeStackKeys(name, args.stackKeys, this);

    const own = { parent: this, provider: providerOf(name, args, this) };

    // The network, and who may reach what in it.
    const network = new VirtualNetwork(`${name}-network`, args, own);
    const rules = securityRules({
      ...args,
      operators: args.operatorCidrs,
      apiClients: args.apiServer.clients,
      hasWorkers: args.hosts.some(({ role }) => role === "worker"),
      access: args.access.by,
      publicBehindNatGateways: args.apiServer.public ? network.natAddresses.length : undefined,
    });
    const securityGroups = new SecurityGroups(
      `${name}-security-groups`,
      {
        clusterName,
        vpcId: network.vpcId,
        natAddresses: network.natAddresses,
        groups: groupNames(args.access.by),
        rules,
      },
      own,
    );

    // What instances start from.
    const key = new EncryptionKey(`${name}-disks`, args, own);
    const imageId = "id" in args.image ? args.image.id : debianImage(args.image, own);
    const common = {
      imageId,
      kmsKeyArn: key.arn,
      stackPublicKeys: this.stackKeys.authorizedKeys,
      bootsAfter: [...network.ready, ...securityGroups.ready],
    };

    // The way in.
    const [firstZone] = args.zones;
    if (firstZone === undefined) throw new Error("hosts.aws.availabilityZones is empty");
    const first = zoneOf(network, firstZone.name);
    const bastion = new Bastion(
      `${name}-bastion`,
      {
        ...common,
        clusterName,
        adminUser,
        securityGroups,
        access: args.access,
        instanceType: args.instanceTypes.bastion,
        privateIp: args.bastionAddress,
        otherPublicKeys: args.sshPublicKeys,
        subnetId: network.bastionSubnetId ?? first.privateSubnetId,
        endpointSubnetId: first.publicSubnetId,
      },
      own,
    );
    const login = { ...dialing, user: adminUser };
    const connect = (address: string, hostKey: pulumi.Output<string>): pulumi.Output<HostConnection> =>
      pulumi
        .all([this.stackKeys.privateKey, hostKey, bastion.hostKey, bastion.entrance.address])
        .apply(([privateKey, ownKey, bastionKey, entrance]) => ({
          ...login,
          privateKey,
          host: address,
          port: 22,
          hostKey: ownKey,
          proxy: { ...login, privateKey, host: entrance, port: bastion.entrance.port, hostKey: bastionKey },
        }));

    // The hosts.
    const made = args.hosts.map((spec) =>
      makeHost(`${name}-${spec.name}`, args, spec, common, { network, securityGroups, own }),
    );

    // The way to the API.
    const balancer = new ApiLoadBalancer(
      `${name}-api`,
      {
        clusterName,
        ...args.apiServer,
        vpcId: network.vpcId,
        subnetIds: network.zones.map(({ publicSubnetId }) => publicSubnetId),
        securityGroupId: securityGroups.idOf("load-balancer"),
        internetGateway: network.internetGateway,
        ports: balancedPorts(args.features),
        hosts: made
          .filter(({ spec }) => spec.role === "control-plane")
          .map(({ spec, instance }) => ({ name: spec.name, instanceId: instance.instance.id })),
      },
      own,
    );

    this.aws = {
      loadBalancerDnsName: balancer.dnsName,
      bastionAddress: bastion.address,
      bastionInstanceId: bastion.instanceId,
    };

    // What each waits for: that it answers, and that others find the way to it.
    this.hosts = made.map((host) =>
      this.handOver(`${name}-${host.spec.name}`, args, host, {
        connection: connect(host.spec.address, host.instance.ownHostKey),
        waitsFor: bastion.ready,
        reachedBy: balancer.readyFor.get(host.spec.name) ?? [],
      }),
    );
    this.registerOutputs({ vpcId: network.vpcId, apiServer: balancer.dnsName });
  }

  /** Waits until the host answers, brings what it installs, and says when others find the way to it. */
  private handOver(
    name: string,
    args: AwsInstancesArgs,
    { spec: { name: hostName, role, address, podCidr }, instance: { instance }, routes }: MadeHost,
    way: {
      readonly connection: pulumi.Output<HostConnection>;
      readonly waitsFor: readonly pulumi.Resource[];
      readonly reachedBy: readonly pulumi.Resource[];
    },
  ): Host {
    const { connection } = way;
    const plan = mergeFragments({ "first-boot": firstBoot() });
    const boot = new ApplyPlan(
      `${name}-first-boot`,
      { phase: "first-boot", connection, plan, functions: "carried" },
      { parent: this, dependsOn: [instance, ...way.waitsFor] },
    );
    const spec = { name: hostName, role, address, podCidr };
    const delivery = new ArtifactDelivery(
      `${name}-artifacts`,
      {
        connection,
        architecture: { setting: "hosts.aws.architecture", value: args.architecture },
        files: args.deliveries(spec),
      },
      { parent: this, dependsOn: [boot.done] },
    );
    const ready = [instance, boot.done, ...routes, ...way.reachedBy];
    return { spec, connection, ready, delivered: [delivery.done] };
  }
}
