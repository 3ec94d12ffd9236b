import { createHash } from "node:crypto";
import { Listener } from "@pulumi/aws/lb/listener";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup";
import { TargetGroupAttachment } from "@pulumi/aws/lb/targetGroupAttachment";
import { Record as DnsRecord } from "@pulumi/aws/route53/record";
import * as pulumi from "@pulumi/pulumi";

/** A control plane behind the load balancer. */
export interface BalancedHost {
  /** Name of the host. */
  readonly name: string;
  readonly instanceId: pulumi.Input<string>;
}

/** Arguments of {@link ApiLoadBalancer}. */
export interface ApiLoadBalancerArgs {
  readonly clusterName: string;
  readonly vpcId: pulumi.Input<string>;
  /** One in each zone. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Says who may connect. */
  readonly securityGroupId: pulumi.Input<string>;
  /** The VPC's; one that faces the internet is refused without it. */
  readonly internetGateway: pulumi.Resource;
  /** Whether it has addresses of the internet. */
  readonly public: boolean;
  /** TCP ports, the same on both sides. */
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly hosts: readonly BalancedHost[];
  /** Name that becomes an alias of it, and the zone of Route 53 that holds it. Default: somebody else makes the name. */
  readonly dnsName?: { readonly name: string; readonly zoneId: string } | undefined;
}

/** Load balancers and target groups have names of 32 characters at most, so the cluster's is hashed. */
function shortName(clusterName: string, suffix: string): string {
  const digest = createHash("sha256").update(clusterName).digest("hex").slice(0, 8);
  return `redoubt-${digest}${suffix}`;
}

/**
 * A network load balancer in front of the API servers. It passes TLS through, so it holds no key and the API server sees client
 * certificates.
 */
export class ApiLoadBalancer extends pulumi.ComponentResource {
  /** The name that AWS gave it. */
  public readonly dnsName: pulumi.Output<string>;
  /** What must be there before a host is reached through it, by the host's name. */
  public readonly readyFor: ReadonlyMap<string, readonly pulumi.Resource[]>;

  public constructor(name: string, args: ApiLoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:ApiLoadBalancer", name, { public: args.public }, opts);
    const own = { parent: this };
    const balancer = new LoadBalancer(
      `${name}-balancer`,
      {
        name: shortName(args.clusterName, ""),
        loadBalancerType: "network",
        internal: !args.public,
        subnets: [...args.subnetIds],
        securityGroups: [args.securityGroupId],
        // A zone whose own control plane is down is served by the others.
        enableCrossZoneLoadBalancing: true,
        tags: { Name: `${args.clusterName}-api` },
      },
      { ...own, dependsOn: args.public ? [args.internetGateway] : [] },
    );
    this.dnsName = balancer.dnsName;

    const served = args.ports.map(({ name: portName, port }) => {
      const targets = new TargetGroup(
        `${name}-${portName}`,
        {
          name: shortName(args.clusterName, `-${port}`),
          vpcId: args.vpcId,
          targetType: "instance",
          protocol: "TCP",
          port,
          // A host may connect through the load balancer to itself, which does not work with its own address as the source
          // (AWS: Client IP preservation). The price: API servers see, and log, the load balancer's address.
          preserveClientIp: "false",
          deregistrationDelay: 30,
          // No more than whether it answers: anonymous requests, those for health among them, are refused.
          healthCheck: {
            protocol: "TCP",
            port: String(port),
            interval: 10,
            healthyThreshold: 2,
            unhealthyThreshold: 2,
          },
          tags: { Name: `${args.clusterName}-${portName}` },
        },
        own,
      );
      const listener = new Listener(
        `${name}-${portName}-listener`,
        {
          loadBalancerArn: balancer.arn,
          protocol: "TCP",
          port,
          defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        },
        own,
      );
      const attachments = args.hosts.map((host) => {
        const attachment = new TargetGroupAttachment(
          `${name}-${portName}-${host.name}`,
          { targetGroupArn: targets.arn, targetId: host.instanceId, port },
          { ...own, deletedWith: targets },
        );
        return [host.name, attachment] as const;
      });
      return { listener, attachments: new Map(attachments) };
    });

    const records =
      args.dnsName === undefined
        ? []
        : [
            new DnsRecord(
              `${name}-name`,
              {
                zoneId: args.dnsName.zoneId,
                name: args.dnsName.name,
                type: "A",
                aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: false }],
              },
              own,
            ),
          ];
    this.readyFor = new Map(
      args.hosts.map((host) => {
        const attachments = served.flatMap(({ attachments: all }) => all.get(host.name) ?? []);
        return [host.name, [...served.map(({ listener }) => listener), ...attachments, ...records]];
      }),
    );
    this.registerOutputs({ dnsName: this.dnsName });
  }
}
