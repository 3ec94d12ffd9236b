import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseManyStops } from "../../../commands/instance-step";
import type { StateResource } from "../../../commands/stack-outputs";

const parents = "redoubt:hosts:AwsInstances$redoubt:aws:HardenedInstance$aws:ec2/instance:Instance";
const urnOf = (name: string): string => `urn:pulumi:prod::redoubt::${parents}::machines-${name}-instance`;
const instance = (name: string, instanceType: string): StateResource => ({
  urn: urnOf(name),
  type: "aws:ec2/instance:Instance",
  inputs: { instanceType, privateIp: "10.40.0.10" },
});
const running = (...types: readonly string[]): StateResource[] => [
  ...types.map((type, ordinal) => instance(`control-plane-${ordinal}`, type)),
  instance("worker-0", "m7i.xlarge"),
  instance("worker-1", "m7i.xlarge"),
  instance("bastion-server", "t3.micro"),
];

describe("another instance type of control planes", () => {
  it("is refused where it would stop several at once, and said how each is changed by itself", () => {
    assert.throws(
      () => {
        refuseManyStops(running("m7i.large", "m7i.large", "m7i.large"), "m7i.xlarge");
      },
      ({ message }: Error) => {
        assert.match(message, /redoubt:hosts\.aws\.instanceTypes\.controlPlane = "m7i\.xlarge": would stop /);
        const [first, second, third] = [0, 1, 2].map((number) => urnOf(`control-plane-${number}`));
        assert.ok(message.includes(`pulumi up --target '${first}', when it serves again`), message);
        assert.ok(message.includes(`pulumi up --target '${second}'; the last one by npm run up`), message);
        assert.ok(!message.includes(String(third)), message);
        return true;
      },
    );
  });

  it("is refused as long as two are left to change", () => {
    assert.throws(() => {
      refuseManyStops(running("m7i.xlarge", "m7i.large", "m7i.large"), "m7i.xlarge");
    }, /would stop machines-control-plane-1-instance, machines-control-plane-2-instance at the same time/);
  });

  it("is let be for the last one, and where there is only one", () => {
    refuseManyStops(running("m7i.xlarge", "m7i.xlarge", "m7i.large"), "m7i.xlarge");
    refuseManyStops(running("m7i.large"), "m7i.xlarge");
  });

  it("is none where the type stays, before the first up, and where it is not known", () => {
    refuseManyStops(running("m7i.large", "m7i.large", "m7i.large"), "m7i.large");
    refuseManyStops([], "m7i.large");
    refuseManyStops(running("m7i.large", "m7i.large"), undefined);
  });
});
