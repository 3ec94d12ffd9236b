import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { AwsInstances } from "../../../../components/hosts/aws";
import { awsArgs } from "../../../support/fixture-aws";
import { ofType, type Recording } from "../../../support/mocks";
import { dependsOn, ingressType, only, record } from "./recording";

let recording: Recording<AwsInstances>;
before(async () => {
  recording = await record();
});

describe("the load balancer of the API", () => {
  it("is inside, in all zones, behind a security group", () => {
    const { inputs } = only(recording, "aws:lb/loadBalancer:LoadBalancer");
    assert.equal(inputs["loadBalancerType"], "network");
    assert.equal(inputs["internal"], true);
    assert.equal(inputs["enableCrossZoneLoadBalancing"], true);
    assert.deepEqual(inputs["securityGroups"], ["machines-security-groups-load-balancer-id"]);
    assert.deepEqual(
      inputs["subnets"],
      awsArgs.zones.map(({ name }) => `machines-network-public-${name}-id`),
    );
  });

  it("passes TCP on to control planes only, by its own address, while they answer", () => {
    const { inputs } = only(recording, "aws:lb/targetGroup:TargetGroup");
    assert.deepEqual(
      [inputs["protocol"], inputs["port"], inputs["targetType"], inputs["preserveClientIp"]],
      ["TCP", 6443, "instance", "false"],
    );
    const check = inputs["healthCheck"] as Record<string, unknown>;
    assert.deepEqual([check["protocol"], check["port"]], ["TCP", "6443"]);
    const targets = [...ofType(recording, "aws:lb/targetGroupAttachment:TargetGroupAttachment").values()];
    assert.deepEqual(
      targets.map((target) => target.inputs["targetId"]),
      [0, 1, 2].map((ordinal) => `machines-control-plane-${ordinal}-instance-id`),
    );
    assert.equal(only(recording, "aws:lb/listener:Listener").inputs["protocol"], "TCP");
  });

  it("has names that AWS takes, whatever the cluster's is", async () => {
    const long = await record({ clusterName: "a-cluster-with-a-name-of-forty-characters" });
    for (const type of ["aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"]) {
      const name = String(only(long, type).inputs["name"]);
      assert.match(name, /^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/);
    }
  });

  it("may face the internet; then hosts come to it from their gateways' addresses", async () => {
    const open = await record({ apiServer: { ...awsArgs.apiServer, public: true } });
    const balancer = only(open, "aws:lb/loadBalancer:LoadBalancer");
    assert.equal(balancer.inputs["internal"], false);
    assert.deepEqual(await dependsOn(balancer), ["machines-network-internet-gateway"]);
    const networks = [...ofType(open, ingressType).values()]
      .filter(({ name }) => name.startsWith("machines-security-groups-load-balancer-"))
      .map(({ inputs }) => inputs["cidrIpv4"]);
    assert.deepEqual(networks, [
      "203.0.113.0/28",
      "198.51.100.7/32",
      ...awsArgs.zones.map(({ name }) => `machines-network-nat-${name}-address.public-ip/32`),
    ]);
  });

  it("gets its name where the zone is known, and leaves it to others where not", async () => {
    const type = "aws:route53/record:Record";
    assert.equal(ofType(recording, type).size, 0);
    const dnsName = { name: "api.example.org", zoneId: "Z123" };
    const named = await record({ apiServer: { ...awsArgs.apiServer, dnsName } });
    assert.deepEqual(only(named, type).inputs, {
      zoneId: "Z123",
      name: "api.example.org",
      type: "A",
      aliases: [{ name: "balancer.elb.amazonaws.com", zoneId: "ZELB", evaluateTargetHealth: false }],
    });
  });

  it("serves the identity provider too where there is one", async () => {
    const both = await record({ features: ["identityProvider"] });
    const ports = [...ofType(both, "aws:lb/listener:Listener").values()].map(({ inputs }) => inputs["port"]);
    assert.deepEqual(ports, [6443, 5556]);
  });

  it("is waited for by control planes, each with its own place behind it", () => {
    const names = recording.result.hosts.map(({ ready }) =>
      recording.resources
        .filter(({ resource, type }) => ready.includes(resource) && type.startsWith("aws:lb/"))
        .map(({ name }) => name),
    );
    assert.deepEqual(names[1], [
      "machines-api-kube-apiserver-listener",
      "machines-api-kube-apiserver-control-plane-1",
    ]);
    assert.deepEqual(names[3], []);
  });
});
