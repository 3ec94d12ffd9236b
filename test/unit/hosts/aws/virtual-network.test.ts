import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { AwsInstances } from "../../../../components/hosts/aws";
import { awsArgs } from "../../../support/fixture-aws";
import { ofType, type Recording } from "../../../support/mocks";
import { deletedWith, egressType, exclusiveType, ingressType, instancesOf, only, record } from "./recording";

let recording: Recording<AwsInstances>;
before(async () => {
  recording = await record();
});

describe("the network", () => {
  it("leads private subnets out by the gateway of their zone, and public ones directly", () => {
    const ways = [...ofType(recording, "aws:ec2/route:Route").values()]
      .filter(({ inputs }) => inputs["destinationCidrBlock"] === "0.0.0.0/0")
      .map(({ inputs }) => [inputs["routeTableId"], inputs["natGatewayId"] ?? inputs["gatewayId"]].join(" "));
    assert.deepEqual(ways, [
      "machines-network-public-routes-id machines-network-internet-gateway-id",
      ...awsArgs.zones.map(
        ({ name }) => `machines-network-private-routes-${name}-id machines-network-nat-${name}-id`,
      ),
    ]);
  });

  it("may do with one gateway, which then serves all zones", async () => {
    const frugal = await record({ natGateways: "one" });
    assert.deepEqual(
      [...ofType(frugal, "aws:ec2/natGateway:NatGateway").keys()],
      ["machines-network-nat-eu-central-1a"],
    );
    const used = [...ofType(frugal, "aws:ec2/route:Route").values()].flatMap(
      ({ inputs }) => inputs["natGatewayId"] ?? [],
    );
    assert.deepEqual(
      used,
      Array.from({ length: 3 }, () => "machines-network-nat-eu-central-1a-id"),
    );
  });

  for (const access of [{ by: "bastion" }, { by: "instance-connect-endpoint", tunnelPort: 2200 }] as const) {
    it(`keeps apart what has a fixed address and what AWS picks one for: ${access.by}`, async () => {
      const bastionCidr = access.by === "bastion" ? awsArgs.bastionCidr : undefined;
      const made = await record({ access, bastionCidr });
      const subnetsOf = (type: string, key: string): string[] =>
        [...ofType(made, type).values()].flatMap(({ inputs }) => inputs[key] as string | string[]);
      const fixed = [...instancesOf(made).values()];
      assert.ok(fixed.every(({ inputs }) => inputs["privateIp"] !== undefined));
      const picked = new Set([
        ...subnetsOf("aws:ec2/natGateway:NatGateway", "subnetId"),
        ...subnetsOf("aws:lb/loadBalancer:LoadBalancer", "subnets"),
        ...subnetsOf("aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint", "subnetId"),
      ]);
      assert.equal(picked.size, 3);
      assert.deepEqual(
        fixed.filter(({ inputs }) => picked.has(String(inputs["subnetId"]))).map(({ name }) => name),
        [],
      );
    });
  }

  it("leads the bastion's subnet out directly, in the first zone", () => {
    const { inputs } = only(recording, "aws:ec2/subnet:Subnet", "machines-network-bastion-eu-central-1a");
    assert.deepEqual([inputs["cidrBlock"], inputs["availabilityZone"]], ["10.40.240.0/20", "eu-central-1a"]);
    const association = only(
      recording,
      "aws:ec2/routeTableAssociation:RouteTableAssociation",
      "machines-network-bastion-eu-central-1a-routes",
    );
    assert.equal(association.inputs["routeTableId"], "machines-network-public-routes-id");
    assert.equal(
      instancesOf(recording).get("bastion")?.inputs["subnetId"],
      "machines-network-bastion-eu-central-1a-id",
    );
  });

  it("has a default security group that lets nothing through", () => {
    const { inputs } = only(recording, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup");
    assert.deepEqual([inputs["ingress"], inputs["egress"]], [[], []]);
  });

  it("is deleted in an order that AWS takes: rules between groups one by one, the rest with what holds it", async () => {
    for (const rule of [
      ...ofType(recording, ingressType).values(),
      ...ofType(recording, egressType).values(),
    ]) {
      const group = /^machines-security-groups-(control-planes|workers|load-balancer|bastion)-/.exec(
        rule.name,
      )?.[0];
      const wanted = rule.inputs["cidrIpv4"] === undefined ? undefined : group?.slice(0, -1);
      assert.equal(await deletedWith(rule), wanted, rule.name);
    }
    for (const association of ofType(
      recording,
      "aws:ec2/routeTableAssociation:RouteTableAssociation",
    ).values()) {
      assert.equal(await deletedWith(association), association.name.replace(/-routes$/, ""));
    }
    for (const attachment of ofType(
      recording,
      "aws:lb/targetGroupAttachment:TargetGroupAttachment",
    ).values()) {
      assert.equal(await deletedWith(attachment), "machines-api-kube-apiserver");
    }
    // A target group is in use until its listener is gone.
    assert.equal(await deletedWith(only(recording, "aws:lb/listener:Listener")), undefined);
  });

  it("lets nobody in from everywhere", () => {
    for (const [name, { inputs }] of ofType(recording, ingressType)) {
      assert.notEqual(inputs["cidrIpv4"], "0.0.0.0/0", name);
      assert.equal(inputs["cidrIpv6"], undefined, name);
    }
  });

  it("has no rules but its own: each group lists all of them, and what is not listed is taken away", () => {
    const groups = ofType(recording, "aws:ec2/securityGroup:SecurityGroup");
    for (const name of groups.keys()) {
      const idsOf = (type: string): string[] =>
        [...ofType(recording, type)]
          .filter(([, { inputs }]) => inputs["securityGroupId"] === `${name}-id`)
          .map(([rule]) => `${rule}-id`);
      const { inputs } = only(recording, exclusiveType, `${name}-no-other-rules`);
      assert.equal(inputs["securityGroupId"], `${name}-id`);
      assert.deepEqual(inputs["ingressRuleIds"], idsOf(ingressType), name);
      assert.deepEqual(inputs["egressRuleIds"], idsOf(egressType), name);
    }
    assert.equal(ofType(recording, exclusiveType).size, groups.size);
  });

  it("knows groups by reference, and only pods and people by network", () => {
    const networks = new Set(
      [...ofType(recording, ingressType).values()].flatMap(({ inputs }) => inputs["cidrIpv4"] ?? []),
    );
    assert.deepEqual([...networks].sort(), ["10.244.0.0/16", "198.51.100.7/32", "203.0.113.0/28"]);
  });
});
