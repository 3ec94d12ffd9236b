import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import type { Made } from "../made";

const all = ["control-plane-0", "control-plane-1", "control-plane-2", "worker-0", "worker-1", "bastion"];
const hosts = all.filter((name) => name !== "bastion");

/** The same said of each of them. */
const each = (names: readonly string[], said: unknown): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, said]));

const firstBoot = z.looseObject({
  users: z.array(z.looseObject({ name: z.string(), lock_passwd: z.boolean() })),
  disable_root: z.boolean(),
  ssh_pwauth: z.boolean(),
  ssh_keys: z.looseObject({ ed25519_private: z.string(), ed25519_public: z.string() }),
});

/** Instances as EC2 has them, of three control planes and two workers. */
export function instancesStory(made: () => Made): void {
  const instances = (query: string): Promise<Record<string, unknown>> =>
    made().table("describe_instances", `Reservations[].Instances[].[InstanceId, ${query}]`);
  const attribute = (instance: string, name: string, query: string): Promise<unknown> =>
    made().ask({
      service: "ec2",
      operation: "describe_instance_attribute",
      parameters: { InstanceId: made().idOf("i", instance), Attribute: name },
      query,
    });
  const toldAtFirstBoot = async (instance: string): Promise<z.infer<typeof firstBoot>> => {
    const data = String(await attribute(instance, "userData", "UserData.Value"));
    return firstBoot.parse(parse(Buffer.from(data, "base64").toString()));
  };

  describe("Instances, asked of EC2", () => {
    it("run at their addresses, hosts in private subnets of three zones, each in the group of its role", async () => {
      const where = "[State.Name, SubnetId, PrivateIpAddress, SecurityGroups[].GroupId]";
      assert.deepEqual(await instances(where), {
        "control-plane-0": ["running", "private-eu-central-1a", "10.40.0.10", ["control-planes"]],
        "control-plane-1": ["running", "private-eu-central-1b", "10.40.64.10", ["control-planes"]],
        "control-plane-2": ["running", "private-eu-central-1c", "10.40.128.10", ["control-planes"]],
        "worker-0": ["running", "private-eu-central-1a", "10.40.0.32", ["workers"]],
        "worker-1": ["running", "private-eu-central-1b", "10.40.64.32", ["workers"]],
        bastion: ["running", "bastion-eu-central-1a", "10.40.240.5", ["bastion"]],
      });
    });

    it("start from Debian's newest image for their processors, though somebody else has a newer one of that name", async () => {
      assert.deepEqual(await instances("ImageId"), each(all, "ami-0debian1220260201"));
    });

    it("have a metadata service that wants a token and answers no further than one hop", async () => {
      const options = "MetadataOptions.[HttpEndpoint, HttpTokens, HttpPutResponseHopLimit]";
      assert.deepEqual(await instances(options), each(all, ["enabled", "required", 1]));
    });

    it("have no role, and no key pair of EC2's", async () => {
      assert.deepEqual(await instances("[IamInstanceProfile, KeyName]"), each(all, [null, null]));
    });

    it("have no public address; the bastion has its Elastic IP", async () => {
      const addresses = await made().table("describe_addresses", "Addresses[].[AllocationId, PublicIp]");
      assert.deepEqual(await instances("PublicIpAddress"), {
        ...each(hosts, null),
        bastion: addresses["bastion"],
      });
    });

    it("carry packets of others where pods run, and nowhere else", async () => {
      assert.deepEqual(await instances("SourceDestCheck"), { ...each(hosts, false), bastion: true });
    });

    it("have one disk each, which goes with them, encrypted by the stack's key", async () => {
      const key = await made().ask({
        service: "kms",
        operation: "describe_key",
        parameters: { KeyId: "alias/redoubt-three-zones-disks" },
        query: "KeyMetadata.Arn",
      });
      const disk = (size: number): unknown => [true, key, "gp3", size];
      const disks = await made().table(
        "describe_volumes",
        "Volumes[].[Attachments[0].InstanceId, [Encrypted, KmsKeyId, VolumeType, Size]]",
      );
      assert.deepEqual(disks, { ...each(hosts, disk(50)), bastion: disk(8) });
      const kept = "BlockDeviceMappings[].Ebs.DeleteOnTermination";
      assert.deepEqual(await instances(kept), each(all, [true]));
    });

    it("can't be terminated by mistake where etcd is on them", async () => {
      for (const name of all) {
        const refused = await attribute(name, "disableApiTermination", "DisableApiTermination.Value");
        assert.equal(refused, name.startsWith("control-plane-"), name);
      }
      const InstanceIds = [made().idOf("i", "control-plane-0")];
      const terminate = { service: "ec2", operation: "terminate_instances", parameters: { InstanceIds } };
      await assert.rejects(made().ask(terminate), /OperationNotPermitted/);
    });

    it("are told a host key of their own and the one user that may log in, by key", async () => {
      const told = await Promise.all(all.map(toldAtFirstBoot));
      for (const { users, ssh_keys: keys, ...login } of told) {
        assert.deepEqual(
          users.map(({ name, lock_passwd: locked }) => ({ name, locked })),
          [{ name: "redoubt", locked: true }],
        );
        assert.deepEqual([login.disable_root, login.ssh_pwauth], [true, false]);
        assert.match(keys.ed25519_private, /^-----BEGIN OPENSSH PRIVATE KEY-----/);
        assert.match(keys.ed25519_public, /^ssh-ed25519 \S+/);
      }
      assert.equal(new Set(told.map((data) => data.ssh_keys.ed25519_public)).size, all.length);
    });
  });
}
