import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { VpcSecurityGroupRulesExclusive } from "@pulumi/aws/ec2/vpcSecurityGroupRulesExclusive";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";
import type { GroupName, Peer, SecurityRule } from "./security-rules";

/** Arguments of {@link SecurityGroups}. */
export interface SecurityGroupsArgs {
  readonly clusterName: string;
  readonly vpcId: pulumi.Input<string>;
  readonly groups: readonly GroupName[];
  /** Between these groups, and from and to the world. */
  readonly rules: readonly SecurityRule[];
  /** Addresses of NAT gateways, as rules count them. */
  readonly natAddresses: readonly pulumi.Input<string>[];
}

const purposes: Readonly<Record<GroupName, string>> = {
  "control-planes": "API servers and etcd",
  workers: "Hosts that run pods",
  "load-balancer": "The way to the API servers",
  bastion: "The way in by SSH",
  "tunnel-endpoint": "EC2 Instance Connect Endpoint in front of the bastion",
};

/** A peer as part of a resource's name: nothing but what the settings say decides it. */
function nameOf(peer: Peer): string {
  if ("group" in peer) return peer.group;
  if ("cidr" in peer) return peer.cidr.replace(/[./]/g, "-");
  return `nat-gateway-${peer.natGateway}`;
}

/**
 * The security groups, a resource for each rule, so that a preview shows which one comes or goes, and one for each group that says that
 * it has no others: a rule that somebody adds is found by a refresh, and taken away by `up`.
 */
export class SecurityGroups extends pulumi.ComponentResource {
  /** The rules, and that there are no others: before they exist, nothing passes. */
  public readonly ready: readonly pulumi.Resource[];
  private readonly groups: ReadonlyMap<GroupName, SecurityGroup>;

  public constructor(name: string, args: SecurityGroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:SecurityGroups", name, { rules: args.rules.length }, opts);
    this.groups = new Map(
      args.groups.map((group) => [
        group,
        new SecurityGroup(
          `${name}-${group}`,
          {
            vpcId: args.vpcId,
            description: purposes[group],
            tags: { Name: `${args.clusterName}-${group}` },
          },
          { parent: this },
        ),
      ]),
    );

    const target = (
      peer: Peer,
    ): { cidrIpv4: pulumi.Input<string> } | { referencedSecurityGroupId: pulumi.Input<string> } => {
      if ("group" in peer) return { referencedSecurityGroupId: this.idOf(peer.group) };
      if ("cidr" in peer) return { cidrIpv4: peer.cidr };
      const address = args.natAddresses[peer.natGateway];
      if (address === undefined) throw new Error(`there is no NAT gateway ${peer.natGateway}`);
      return { cidrIpv4: pulumi.interpolate`${address}/32` };
    };
    const made = args.rules.map((rule) => {
      const { group, direction, protocol, port, peer } = rule;
      const inputs = {
        securityGroupId: this.idOf(group),
        description: rule.name,
        ipProtocol: protocol === "all" ? "-1" : protocol,
        ...(port === undefined ? {} : { fromPort: port, toPort: port }),
        ...target(peer),
      };
      const options = {
        parent: this,
        // A group can't be deleted while a rule of another names it, so such rules are taken away one by one.
        ...("group" in peer ? {} : { deletedWith: this.groupOf(group) }),
      };
      const side = direction === "in" ? "from" : "to";
      const ruleName = `${name}-${group}-${rule.name}-${side}-${nameOf(peer)}`;
      const Rule = direction === "in" ? SecurityGroupIngressRule : SecurityGroupEgressRule;
      return { rule, resource: new Rule(ruleName, inputs, options) };
    });

    const exclusive = args.groups.map((group) => {
      const idsOf = (direction: SecurityRule["direction"]): pulumi.Output<string>[] =>
        made
          .filter(({ rule }) => rule.group === group && rule.direction === direction)
          .map(({ resource }) => resource.id);
      return new VpcSecurityGroupRulesExclusive(
        `${name}-${group}-no-other-rules`,
        { securityGroupId: this.idOf(group), ingressRuleIds: idsOf("in"), egressRuleIds: idsOf("out") },
        { parent: this, deletedWith: this.groupOf(group) },
      );
    });
    this.ready = [...made.map(({ resource }) => resource), ...exclusive];
    this.registerOutputs({});
  }

  private groupOf(name: GroupName): SecurityGroup {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`there is no security group ${name}`);
    return group;
  }

  /** @throws for a group that was not asked for. */
  public idOf(name: GroupName): pulumi.Output<string> {
    return this.groupOf(name).id;
  }
}
