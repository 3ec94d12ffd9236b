import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { destroyArguments } from "../../commands/open-stack";
import { awsStack } from "../support/fixture-aws";
import { EmulatedAccount, EmulatedStack } from "./emulated-stack";
import { Made } from "./made";
import { securityGroupsStory } from "./stories/security-groups";

/**
 * The other ways in, in a cluster as small as it gets: the API from the internet, by a name in Route 53, and SSH through an EC2
 * Instance Connect Endpoint.
 */
describe("One control plane on AWS, its API on the internet, its bastion behind an endpoint", () => {
  const account = new EmulatedAccount();
  let stack: EmulatedStack | undefined;
  let made: Made | undefined;
  let zoneId = "";
  const theMade = (): Made => made ?? assert.fail("nothing was made");
  const balancer = (query: string): Promise<unknown> =>
    theMade().ask({
      service: "elbv2",
      operation: "describe_load_balancers",
      query: `LoadBalancers[].${query}`,
    });
  const records = (): Promise<unknown> =>
    account.ask({
      service: "route53",
      operation: "list_resource_record_sets",
      parameters: { HostedZoneId: zoneId },
      query: "ResourceRecordSets[?Type=='A'].[Name, AliasTarget.DNSName]",
    });
  const endpoints = (): Promise<unknown> =>
    (made ?? account).ask({
      service: "ec2",
      operation: "describe_instance_connect_endpoints",
      query: "InstanceConnectEndpoints[].[SubnetId, SecurityGroupIds, PreserveClientIp]",
    });

  before(async () => {
    await account.start();
    const zone = await account.ask({
      service: "route53",
      operation: "create_hosted_zone",
      parameters: { Name: "example.org", CallerReference: "test" },
      query: "HostedZone.Id",
    });
    zoneId = String(zone).replace("/hostedzone/", "");
    const aws = {
      access: "instance-connect-endpoint",
      apiServerPublic: true,
      hostedZoneId: zoneId,
      natGateways: "one",
      protect: false,
    };
    stack = new EmulatedStack(
      account,
      "other-ways",
      awsStack({ hosts: { controlPlanes: 1, workers: 0 }, aws }),
    );
  });
  after(() => {
    stack?.remove();
    account.stop();
  });

  it("is made by one up, which a second one leaves as it is", async () => {
    const first = stack?.up();
    assert.equal(first?.code, 0, first?.stdout);
    made = await Made.by(account, "other-ways");
    const second = stack?.up("--refresh", "--expect-no-changes");
    assert.equal(second?.code, 0, second?.stdout);
  });

  securityGroupsStory(theMade, {
    features: [],
    apiClients: ["203.0.113.0/28"],
    operators: ["203.0.113.0/28"],
    podCidr: "10.244.0.0/16",
    nodePorts: [],
    hasWorkers: false,
    access: "instance-connect-endpoint",
    publicBehindNatGateways: 1,
  });

  it("has a load balancer with addresses of the internet", async () => {
    assert.deepEqual(await balancer("[Type, Scheme]"), [["network", "internet-facing"]]);
  });

  it("is found by its name in Route 53, an alias of the load balancer", async () => {
    const [name] = [await balancer("DNSName")].flat();
    assert.deepEqual(await records(), [["api.example.org.", name]]);
  });

  it("has no instance with a public address: the endpoint is in a public subnet, where nobody's address is fixed, in its own group", async () => {
    const addresses = "Reservations[].Instances[].[InstanceId, [SubnetId, PublicIpAddress]]";
    assert.deepEqual(await theMade().table("describe_instances", addresses), {
      "control-plane-0": ["private-eu-central-1a", null],
      bastion: ["private-eu-central-1a", null],
    });
    assert.deepEqual(await endpoints(), [["public-eu-central-1a", ["tunnel-endpoint"], false]]);
  });

  it("has one NAT gateway, whose zone all private subnets depend on", async () => {
    const gateways = "NatGateways[].[NatGatewayId, SubnetId]";
    assert.deepEqual(await theMade().table("describe_nat_gateways", gateways), {
      "nat-eu-central-1a": "public-eu-central-1a",
    });
    const ways = "RouteTables[].[RouteTableId, Routes[?NatGatewayId].NatGatewayId]";
    assert.deepEqual(await theMade().table("describe_route_tables", ways), {
      "private-eu-central-1a": ["nat-eu-central-1a"],
      "private-eu-central-1b": ["nat-eu-central-1a"],
      "private-eu-central-1c": ["nat-eu-central-1a"],
      public: [],
    });
  });

  it("takes its name and its endpoint along when it goes", async () => {
    const gone = stack?.run("destroy", ...destroyArguments);
    assert.equal(gone?.code, 0, gone?.stdout);
    assert.deepEqual([await records(), await endpoints()], [[], []]);
  });
});
