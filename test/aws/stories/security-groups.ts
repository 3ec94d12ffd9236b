import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  groupNames,
  securityRules,
  type Peer,
  type SecurityRulesOptions,
} from "../../../components/hosts/aws/security-rules";
import { inOrder, type Made } from "../made";

/** Names of all security groups of the VPC, AWS's own included. */
async function groupsToldByEc2(made: Made): Promise<readonly string[]> {
  const groups = await made.ask({
    service: "ec2",
    operation: "describe_security_groups",
    parameters: { Filters: [{ Name: "vpc-id", Values: [made.idOf("vpc", "vpc")] }] },
    query: "SecurityGroups[].GroupId",
  });
  return inOrder(groups).map(String);
}

/** All rules of all these groups: group, whether outwards, protocol, first and last port, peer, description. */
export async function rulesToldByEc2(made: Made): Promise<readonly unknown[]> {
  const groups = await groupsToldByEc2(made);
  const peer = "CidrIpv4 || ReferencedGroupInfo.GroupId";
  const rules = await made.ask({
    service: "ec2",
    operation: "describe_security_group_rules",
    parameters: { Filters: [{ Name: "group-id", Values: groups.map((name) => made.idOf("sg", name)) }] },
    query: `SecurityGroupRules[].[GroupId, IsEgress, IpProtocol, FromPort, ToPort, ${peer}, Description]`,
  });
  return inOrder(rules);
}

/** The table that the rules are made of, in the same form. */
async function rulesWanted(made: Made, options: SecurityRulesOptions): Promise<readonly unknown[]> {
  const addresses = await made.table("describe_addresses", "Addresses[].[AllocationId, PublicIp]");
  const gateways = Object.keys(addresses).filter((name) => name.startsWith("nat-"));
  const peerName = (peer: Peer): string => {
    if ("group" in peer) return peer.group;
    if ("cidr" in peer) return peer.cidr;
    return `${String(addresses[gateways.sort()[peer.natGateway] ?? ""])}/32`;
  };
  const rules = securityRules(options).map(({ group, direction, protocol, port = -1, peer, name }) => {
    const what = [protocol === "all" ? "-1" : protocol, port, port];
    return [group, direction === "out", ...what, peerName(peer), name];
  });
  return inOrder(rules);
}

/** Rules as EC2 has them, beside the table that they are made of. */
export function securityGroupsStory(made: () => Made, options: SecurityRulesOptions): void {
  describe("Security groups, asked of EC2", () => {
    it("are those that are needed and, emptied, the one that AWS makes with every VPC", async () => {
      const wanted = [...groupNames(options.access), "default-nothing-allowed"];
      assert.deepEqual(await groupsToldByEc2(made()), wanted.sort());
    });

    it("have the rules of the table and no others: what AWS lets out of every new group is gone", async () => {
      const wanted = await rulesWanted(made(), options);
      assert.ok(wanted.length > 20);
      assert.deepEqual(await rulesToldByEc2(made()), wanted);
    });
  });
}
