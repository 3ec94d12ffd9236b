import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { AwsInstances, type AwsInstancesArgs } from "../../../../components/hosts/aws";
import { awsArgs, awsMocks } from "../../../support/fixture-aws";
import { ofType, recordStack, reveal, type RecordedResource, type Recording } from "../../../support/mocks";

export const ingressType = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
export const exclusiveType = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive";
export const egressType = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";

/** Three control planes and two workers, made against mocks. */
export function record(changed: Partial<AwsInstancesArgs> = {}): Promise<Recording<AwsInstances>> {
  return recordStack(() => new AwsInstances("machines", { ...awsArgs, ...changed }), awsMocks);
}

/** The instances by name, the bastion too. */
export function instancesOf(from: Recording<unknown>): Map<string, RecordedResource> {
  const found = [...ofType(from, "aws:ec2/instance:Instance")].map(
    ([name, resource]) => [name.replace(/^machines-|(-server)?-instance$/g, ""), resource] as const,
  );
  return new Map(found);
}

/** The one resource of its type, or of its type and name. */
export function only(from: Recording<unknown>, type: string, name?: string): RecordedResource {
  const found = [...ofType(from, type).values()].filter(
    (resource) => resource.name === (name ?? resource.name),
  );
  assert.equal(found.length, 1, `${type} ${name ?? ""}`);
  const [resource] = found;
  assert.ok(resource);
  return resource;
}

/** Names of the resources that one says it depends on. */
export async function dependsOn({ opts }: RecordedResource): Promise<readonly string[]> {
  const named = [await opts.dependsOn].flat() as pulumi.Resource[];
  const urns = await Promise.all(named.map(async ({ urn }) => (await reveal(urn)).value));
  return urns.map((urn) => urn.split("::").at(-1) ?? urn);
}

/** What a resource is deleted with, by its name. */
export async function deletedWith({ opts }: RecordedResource): Promise<string | undefined> {
  if (opts.deletedWith === undefined) return undefined;
  return (await reveal(opts.deletedWith.urn)).value.split("::").at(-1);
}
