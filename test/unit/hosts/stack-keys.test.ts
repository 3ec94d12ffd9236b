import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { Inventory } from "../../../components/hosts/inventory";
import { LocalMachines } from "../../../components/hosts/local";
import type { HostProvider } from "../../../components/hosts/host";
import type { StackKeyOptions } from "../../../components/hosts/stack-key-generations";
import { awsArgs } from "../../support/fixture-aws";
import { hostSpecs } from "../../support/fixture-cluster";
import { hostKey } from "../../support/fixture-inventory";
import { ofType, recordStack, reveal, type Recording } from "../../support/mocks";
import { sshKeyMocks } from "../../support/ssh-keys";
import { AwsInstances } from "../../../components/hosts/aws";

const providers: Readonly<Record<string, (stackKeys: StackKeyOptions) => HostProvider>> = {
  "local machines": (stackKeys) =>
    new LocalMachines("machines", {
      clusterName: "test",
      hosts: hostSpecs,
      subnet: "10.77.5.0/24",
      gateway: "10.77.5.1",
      adminUser: "redoubt",
      stackKeys,
      baseImage: "/cache/base",
      artifactStore: "/cache",
    }),
  "an inventory": (stackKeys) =>
    new Inventory("machines", {
      hosts: hostSpecs.map((spec) => ({ ...spec, port: 22, hostKey: hostKey(spec.name) })),
      architecture: "amd64",
      adminUser: "redoubt",
      stackKeys,
      bootstrap: { user: "root", login: { by: "agent" } },
      deliveries: () => [],
      authorities: "",
    }),
  AWS: (stackKeys) => new AwsInstances("machines", { ...awsArgs, stackKeys }),
};

const record = (
  provide: (stackKeys: StackKeyOptions) => HostProvider,
  stackKeys: StackKeyOptions,
): Promise<Recording<HostProvider>> => recordStack(() => provide(stackKeys), { mocks: sshKeyMocks });

const publicKey = (name: string): string => `ssh-ed25519 ${Buffer.from(name).toString("base64")}`;
const own = (recording: Recording<unknown>): string[] =>
  [...ofType(recording, "tls:index/privateKey:PrivateKey").keys()].filter((name) =>
    name.includes("-admin-key"),
  );

for (const [who, provide] of Object.entries(providers)) {
  describe(`the stack's keys on hosts of ${who}`, () => {
    it("are one before the first rotation, under the name that it always had", async () => {
      const recording = await record(provide, { connecting: 1, authorized: [1] });
      assert.deepEqual(own(recording), ["machines-admin-key"]);
      const component = recording.resources.find(({ custom, name }) => !custom && name === "machines");
      assert.equal(component?.inputs["stackKeys"], undefined, "nothing of an existing stack changes");
    });

    it("are both let in while they are rotated, and log in one at a time, through a bastion too", async () => {
      for (const connecting of [1, 2]) {
        const recording = await record(provide, { connecting, authorized: [1, 2] });
        assert.deepEqual(own(recording), ["machines-admin-key", "machines-admin-key-2"]);
        const { stackKeys, hosts } = recording.result;
        const authorized = await reveal(stackKeys.authorizedKeys);
        assert.deepEqual(authorized.value, ["machines-admin-key", "machines-admin-key-2"].map(publicKey));
        const { value: wanted, secret } = await reveal(stackKeys.privateKey);
        assert.equal(secret, true);
        for (const { connection } of hosts) {
          const { value } = await reveal(pulumi.output(connection));
          assert.equal(value.privateKey, wanted);
          if (value.proxy !== undefined) assert.equal(value.proxy.privateKey, wanted);
        }
        const name = connecting === 1 ? "machines-admin-key" : "machines-admin-key-2";
        assert.ok(wanted.includes(Buffer.from(name).toString("base64")), wanted);
      }
    });

    it("are told to the state, by which the next step is checked", async () => {
      const stackKeys = { connecting: 2, authorized: [1, 2] };
      const { resources } = await record(provide, stackKeys);
      const component = resources.find(({ custom, name }) => !custom && name === "machines");
      assert.deepEqual(component?.inputs["stackKeys"], stackKeys);
    });

    it("leave the state when no host lets them in any more", async () => {
      const recording = await record(provide, { connecting: 2, authorized: [2] });
      assert.deepEqual(own(recording), ["machines-admin-key-2"]);
    });
  });
}

describe("the instances of AWS, when the stack's key is rotated", () => {
  it("stay, but for the bastion, which is told its keys at its first boot alone", async () => {
    const recording = await record(providers["AWS"] as never, { connecting: 1, authorized: [1, 2] });
    const instances = ofType(recording, "aws:ec2/instance:Instance");
    assert.ok(instances.size > 1);
    for (const [name, { inputs, opts }] of instances) {
      const isBastion = name.includes("bastion");
      assert.equal(opts.ignoreChanges?.includes("userData"), !isBastion, name);
      assert.equal(inputs["userDataReplaceOnChange"], isBastion, name);
      for (const key of ["machines-admin-key", "machines-admin-key-2"].map(publicKey)) {
        assert.ok(String(inputs["userData"]).includes(key), name);
      }
    }
  });
});
