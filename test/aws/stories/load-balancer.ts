import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inOrder, type Made } from "../made";

/** The load balancer as AWS has it, inside the VPC. */
export function loadBalancerStory(made: () => Made): void {
  const ask = (operation: string, query: string, parameters: object = {}): Promise<unknown> =>
    made().ask({ service: "elbv2", operation, query, parameters });
  const balancerArn = (): Promise<unknown> =>
    ask("describe_load_balancers", "LoadBalancers[0].LoadBalancerArn");
  const targetGroupArn = (): Promise<unknown> =>
    ask("describe_target_groups", "TargetGroups[0].TargetGroupArn");

  describe("The load balancer, asked of AWS", () => {
    it("is one, of TCP, inside the VPC, with a foot in the public subnet of each zone and a group that says who connects", async () => {
      const what = "LoadBalancers[].[Type, Scheme, VpcId, SecurityGroups]";
      assert.deepEqual(await ask("describe_load_balancers", what), [
        ["network", "internal", "vpc", ["load-balancer"]],
      ]);
      const feet = await ask("describe_load_balancers", "LoadBalancers[].AvailabilityZones[].SubnetId");
      assert.deepEqual(inOrder(feet), [
        "public-eu-central-1a",
        "public-eu-central-1b",
        "public-eu-central-1c",
      ]);
    });

    it("serves a zone whose own control plane is down by the others", async () => {
      const attributes = await ask(
        "describe_load_balancer_attributes",
        "Attributes[?Key=='load_balancing.cross_zone.enabled'].Value",
        { LoadBalancerArn: await balancerArn() },
      );
      assert.deepEqual(attributes, ["true"]);
    });

    it("passes the API's port on, and no other, to control planes and to nobody else", async () => {
      const TargetGroupArn = await targetGroupArn();
      const listeners = await ask(
        "describe_listeners",
        "Listeners[].[Protocol, Port, DefaultActions[].[Type, TargetGroupArn]]",
        { LoadBalancerArn: await balancerArn() },
      );
      assert.deepEqual(listeners, [["TCP", 6443, [["forward", TargetGroupArn]]]]);
      const groups = await ask(
        "describe_target_groups",
        "TargetGroups[].[VpcId, TargetType, Protocol, Port, HealthCheckProtocol]",
      );
      assert.deepEqual(groups, [["vpc", "instance", "TCP", 6443, "TCP"]]);
      const targets = await ask("describe_target_health", "TargetHealthDescriptions[].Target.[Id, Port]", {
        TargetGroupArn,
      });
      assert.deepEqual(inOrder(targets), [
        ["control-plane-0", 6443],
        ["control-plane-1", 6443],
        ["control-plane-2", 6443],
      ]);
    });

    it("bears the stack's tags, as its targets do", async () => {
      const ResourceArns = [await balancerArn(), await targetGroupArn()];
      const query = "TagDescriptions[].Tags[?starts_with(Key, 'redoubt:')][].[Key, Value]";
      const cluster = ["redoubt:cluster", "three-zones"];
      const stack = ["redoubt:stack", "three-zones"];
      assert.deepEqual(inOrder(await ask("describe_tags", query, { ResourceArns })), [
        ...[cluster, cluster],
        ...[stack, stack],
      ]);
    });
  });
}
