import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inOrder, type Made } from "../made";

const zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];

/** Where pods of each host are, which is the same in the table of every private subnet. */
const podRoutes = [
  ["10.244.0.0/24", "control-plane-0"],
  ["10.244.1.0/24", "control-plane-1"],
  ["10.244.2.0/24", "control-plane-2"],
  ["10.244.16.0/24", "worker-0"],
  ["10.244.17.0/24", "worker-1"],
];

/** The VPC as EC2 has it, of hosts in three zones. */
export function networkStory(made: () => Made): void {
  describe("The VPC, asked of EC2", () => {
    it("has a private and a public subnet in each zone, one for the bastion, and none gives out public addresses", async () => {
      const subnets = "Subnets[].[SubnetId, [AvailabilityZone, CidrBlock, MapPublicIpOnLaunch]]";
      assert.deepEqual(await made().table("describe_subnets", subnets), {
        "private-eu-central-1a": ["eu-central-1a", "10.40.0.0/18", false],
        "private-eu-central-1b": ["eu-central-1b", "10.40.64.0/18", false],
        "private-eu-central-1c": ["eu-central-1c", "10.40.128.0/18", false],
        "bastion-eu-central-1a": ["eu-central-1a", "10.40.240.0/20", false],
        "public-eu-central-1a": ["eu-central-1a", "10.40.192.0/20", false],
        "public-eu-central-1b": ["eu-central-1b", "10.40.208.0/20", false],
        "public-eu-central-1c": ["eu-central-1c", "10.40.224.0/20", false],
      });
    });

    it("has a NAT gateway in the public subnet of each zone, with an address of its own", async () => {
      const addresses = await made().table("describe_addresses", "Addresses[].[AllocationId, PublicIp]");
      const gateways = "NatGateways[].[NatGatewayId, [SubnetId, NatGatewayAddresses[].PublicIp]]";
      const wanted = zones.map((zone) => [`nat-${zone}`, [`public-${zone}`, [addresses[`nat-${zone}`]]]]);
      assert.deepEqual(await made().table("describe_nat_gateways", gateways), Object.fromEntries(wanted));
      assert.equal(new Set(Object.values(addresses)).size, 4);
    });

    it("leads private subnets to the gateway of their zone and to pods, public ones to the internet, and nowhere else", async () => {
      const local = ["10.40.0.0/16", "local"];
      const to = "[DestinationCidrBlock, GatewayId || NatGatewayId || NetworkInterfaceId]";
      const routes = await made().table(
        "describe_route_tables",
        `RouteTables[].[RouteTableId, Routes[].${to}]`,
      );
      const privately = (zone: string): unknown[] =>
        inOrder([["0.0.0.0/0", `nat-${zone}`], ...podRoutes, local]);
      const found = Object.entries(routes).map(([table, list]) => [table, inOrder(list)]);
      assert.deepEqual(Object.fromEntries(found), {
        ...Object.fromEntries(zones.map((zone) => [`private-${zone}`, privately(zone)])),
        public: [["0.0.0.0/0", "internet"], local],
      });
    });

    it("has each subnet at the table of its kind, private ones at that of their zone", async () => {
      const query = "RouteTables[].[RouteTableId, Associations[].SubnetId]";
      const { public: publicly, ...privately } = await made().table("describe_route_tables", query);
      assert.deepEqual(inOrder(publicly), [
        "bastion-eu-central-1a",
        ...zones.map((zone) => `public-${zone}`),
      ]);
      assert.deepEqual(
        privately,
        Object.fromEntries(zones.map((zone) => [`private-${zone}`, [`private-${zone}`]])),
      );
    });

    it("has a table of AWS's own, for what names none, that leads nowhere", async () => {
      const Filters = [
        { Name: "vpc-id", Values: [made().idOf("vpc", "vpc")] },
        { Name: "association.main", Values: ["true"] },
      ];
      const query = "RouteTables[].Routes[].[DestinationCidrBlock, GatewayId]";
      const question = { service: "ec2", operation: "describe_route_tables", parameters: { Filters }, query };
      assert.deepEqual(await made().ask(question), [["10.40.0.0/16", "local"]]);
    });
  });
}
