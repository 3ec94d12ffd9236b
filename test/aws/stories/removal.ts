import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { destroyArguments } from "../../../commands/open-stack";
import type { EmulatedStack } from "../emulated-stack";
import type { Asked } from "../made";

/**
 * Everything of the kinds that the program makes, by id; what AWS only remembers for a while is not counted. Nor are network
 * interfaces, which come and go with an instance or a gateway: moto keeps them.
 */
const kinds: readonly (readonly [service: string, operation: string, ids: string])[] = [
  ["ec2", "describe_vpcs", "Vpcs[].VpcId"],
  ["ec2", "describe_subnets", "Subnets[].SubnetId"],
  ["ec2", "describe_route_tables", "RouteTables[].RouteTableId"],
  ["ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"],
  ["ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"],
  ["ec2", "describe_addresses", "Addresses[].AllocationId"],
  ["ec2", "describe_security_groups", "SecurityGroups[].GroupId"],
  ["ec2", "describe_security_group_rules", "SecurityGroupRules[].SecurityGroupRuleId"],
  ["ec2", "describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"],
  ["ec2", "describe_volumes", "Volumes[].VolumeId"],
  ["elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerArn"],
  ["elbv2", "describe_target_groups", "TargetGroups[].TargetGroupArn"],
  ["kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName"],
];

/** Ids of all that an account has, by kind. */
export async function holdings(account: Asked): Promise<Readonly<Record<string, unknown>>> {
  const ids: Record<string, unknown> = {};
  for (const [service, operation, query] of kinds) {
    ids[operation] = [await account.ask({ service, operation, query })].flat().sort();
  }
  return ids;
}

async function keyStates(account: Asked): Promise<readonly unknown[]> {
  const keys = await account.ask({ service: "kms", operation: "list_keys", query: "Keys[].KeyId" });
  const states = [keys].flat().map((KeyId) => {
    const query = "KeyMetadata.[KeyState, Description]";
    return account.ask({ service: "kms", operation: "describe_key", parameters: { KeyId }, query });
  });
  return Promise.all(states);
}

/** Days until each key is gone for good, as KMS says it. */
async function daysLeft(account: Asked): Promise<readonly number[]> {
  const keys = await account.ask({ service: "kms", operation: "list_keys", query: "Keys[].KeyId" });
  const dates = [keys].flat().map((KeyId) => {
    const query = "KeyMetadata.DeletionDate";
    return account.ask({ service: "kms", operation: "describe_key", parameters: { KeyId }, query });
  });
  const ends = await Promise.all(dates);
  return ends.map((end) => Math.round((Date.parse(String(end)) - Date.now()) / 86_400_000));
}

/** @param before What the account had before there was a stack. */
export function removalStory(
  account: Asked,
  stack: () => EmulatedStack,
  before: () => Readonly<Record<string, unknown>>,
): void {
  const destroy = (): ReturnType<EmulatedStack["run"]> => stack().run("destroy", ...destroyArguments);

  describe("Removal from an account", () => {
    it("is refused as long as hosts.aws.protect is on", async () => {
      const had = await holdings(account);
      const { code, stdout, stderr } = destroy();
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /control-plane-0-instance[\s\S]*protected/);
      assert.deepEqual(await holdings(account), had);
    });

    it("leaves nothing once it is off, but the key, which can be taken back for 30 days", async () => {
      stack().run("config", "set", "--path", "redoubt:hosts.aws.protect", "false");
      const unprotected = stack().up();
      assert.equal(unprotected.code, 0, unprotected.stdout);
      const { code, stdout } = destroy();
      assert.equal(code, 0, stdout);
      assert.deepEqual(await holdings(account), before());
      assert.deepEqual(await keyStates(account), [["PendingDeletion", "Disks of the cluster three-zones"]]);
      assert.deepEqual(await daysLeft(account), [30]);
    });
  });
}
