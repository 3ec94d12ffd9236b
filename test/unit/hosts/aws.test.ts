import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { AwsInstances } from "../../../components/hosts/aws";
import { awsArgs, awsMocks } from "../../support/fixture-aws";
import {
  assertNamedUnderParents,
  ofType,
  recordStack,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import {
  deletedWith,
  dependsOn,
  egressType,
  exclusiveType,
  ingressType,
  instancesOf,
  only,
  record,
} from "./aws/recording";

const hostNames = awsArgs.hosts.map(({ name }) => name);

let recording: Recording<AwsInstances>;
before(async () => {
  recording = await record();
});

const instances = (from: Recording<unknown> = recording): Map<string, RecordedResource> => instancesOf(from);

/** How many resources of AWS there are of each type. */
function counted(from: Recording<unknown>): Record<string, number> {
  const types = from.resources.map(({ type }) => type).filter((type) => type.startsWith("aws:"));
  const counts = new Map<string, number>();
  for (const type of types) {
    const short = type.replace(/^aws:(\w+)\/\w+:/, "$1 ");
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

describe("three control planes and two workers on AWS", () => {
  it("are these resources, and no others", () => {
    assert.deepEqual(counted(recording), {
      "ec2 Vpc": 1,
      "ec2 DefaultSecurityGroup": 1,
      "ec2 InternetGateway": 1,
      "ec2 RouteTable": 4,
      "ec2 Subnet": 7,
      "ec2 RouteTableAssociation": 7,
      "ec2 Eip": 4,
      "ec2 NatGateway": 3,
      // The way out of four tables, and the way to the pods of five hosts from three.
      "ec2 Route": 4 + 5 * 3,
      "ec2 SecurityGroup": 4,
      // Of control planes, workers, load balancer and bastion.
      "vpc SecurityGroupIngressRule": 14 + 5 + 4 + 1,
      "vpc SecurityGroupEgressRule": 7,
      "ec2 VpcSecurityGroupRulesExclusive": 4,
      "kms Key": 1,
      "kms Alias": 1,
      "ec2 Instance": 6,
      "lb LoadBalancer": 1,
      "lb TargetGroup": 1,
      "lb Listener": 1,
      "lb TargetGroupAttachment": 3,
    });
  });

  it("are named under their parents", () => {
    assertNamedUnderParents(recording, ["machines"]);
  });

  it("are made by the provider of the stack, in the account and region of the settings, with its tags", () => {
    const { inputs } = only(recording, "pulumi:providers:aws");
    assert.equal(inputs["region"], "eu-central-1");
    assert.deepEqual(JSON.parse(String(inputs["allowedAccountIds"])), ["123456789012"]);
    assert.deepEqual(JSON.parse(String(inputs["defaultTags"])), {
      tags: { "redoubt:cluster": "prod", "redoubt:stack": "test" },
    });
    for (const key of ["accessKey", "secretKey", "token", "profile"])
      assert.equal(inputs[key], undefined, key);
    for (const { type, name, provider } of recording.resources) {
      if (type.startsWith("aws:")) assert.match(provider, /::machines-aws::/, name);
    }
  });

  it("have no role in AWS, for nothing on them calls it", () => {
    assert.deepEqual(
      recording.resources.filter(({ type }) => type.startsWith("aws:iam/")),
      [],
    );
    for (const [name, { inputs }] of instances()) assert.equal(inputs["iamInstanceProfile"], undefined, name);
  });
});

describe("every instance, the bastion too", () => {
  it("is there once", () => {
    assert.deepEqual([...instances().keys()].sort(), ["bastion", ...hostNames].sort());
  });

  it("has a metadata service that wants a token and answers no further than the host", () => {
    for (const [name, { inputs }] of instances()) {
      assert.deepEqual(
        inputs["metadataOptions"],
        {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          httpProtocolIpv6: "disabled",
          instanceMetadataTags: "disabled",
        },
        name,
      );
    }
  });

  it("has no public address of its own, and no key that EC2 put there", () => {
    for (const [name, { inputs }] of instances()) {
      assert.equal(inputs["associatePublicIpAddress"], false, name);
      assert.equal(inputs["keyName"], undefined, name);
    }
    for (const [name, { inputs }] of ofType(recording, "aws:ec2/subnet:Subnet")) {
      assert.equal(inputs["mapPublicIpOnLaunch"], false, name);
    }
  });

  it("has one disk, encrypted by the customer's key", () => {
    for (const [name, { inputs }] of instances()) {
      const disk = inputs["rootBlockDevice"] as Record<string, unknown>;
      assert.equal(disk["encrypted"], true, name);
      assert.equal(disk["kmsKeyId"], "arn:aws:mock:::machines-disks-key", name);
      assert.equal(inputs["ebsBlockDevices"], undefined, name);
    }
  });

  it("is told what holds its host key secretly, and nothing else of it is secret", () => {
    for (const [name, { inputs, secretInputs, opts }] of instances()) {
      assert.deepEqual(secretInputs, ["userData"], name);
      assert.match(String(inputs["userData"]), /^#cloud-config\n/, name);
      assert.deepEqual(opts.additionalSecretOutputs, ["userData", "userDataBase64"], name);
    }
  });

  it("boots when its way out and the rules of its group are there, since its first boot uses the network", async () => {
    const before = [
      "aws:ec2/route:Route",
      "aws:ec2/routeTableAssociation:RouteTableAssociation",
      ingressType,
      egressType,
      exclusiveType,
    ]
      .flatMap((type) => [...ofType(recording, type).keys()])
      .filter((name) => !/^machines-(control-plane|worker)-\d-pods-/.test(name));
    assert.equal(before.length, 4 + 7 + 24 + 7 + 4);
    for (const [name, instance] of instances()) {
      assert.deepEqual([...(await dependsOn(instance))].sort(), [...before].sort(), name);
    }
  });

  it("has a host key of its own", () => {
    const keys = [...instances().values()].map(
      ({ inputs }) => /ed25519_public: (.*)/.exec(String(inputs["userData"]))?.[1],
    );
    assert.equal(new Set(keys).size, 6);
    assert.ok(!keys.includes(undefined));
  });

  it("lets the stack in at its first boot; the operator's keys too only where no hardening follows", () => {
    for (const [name, { inputs }] of instances()) {
      assert.match(
        String(inputs["userData"]),
        new RegExp(`ssh-ed25519 ${Buffer.from("machines-admin-key").toString("base64")}`),
      );
      assert.equal(
        String(inputs["userData"]).includes("ssh-ed25519 AAAA operator"),
        name === "bastion",
        name,
      );
    }
  });

  it("keeps its image when Debian has a newer one", () => {
    for (const [name, { opts }] of instances()) assert.ok(opts.ignoreChanges?.includes("ami"), name);
  });

  it("makes room for the one that replaces it, because two can't have its address", () => {
    for (const [name, { opts }] of instances()) assert.equal(opts.deleteBeforeReplace, true, name);
  });
});

describe("hosts", () => {
  const hosts = (from: Recording<unknown> = recording): (readonly [string, RecordedResource])[] =>
    [...instances(from)].filter(([name]) => name !== "bastion");

  it("are in the private subnet of their zone, at their address, in the group of their role", () => {
    for (const { name, address, zone, role } of awsArgs.hosts) {
      const { inputs } = instances().get(name) ?? {};
      assert.equal(inputs?.["privateIp"], address);
      assert.equal(inputs["subnetId"], `machines-network-private-${zone}-id`);
      const group = role === "worker" ? "workers" : "control-planes";
      assert.deepEqual(inputs["vpcSecurityGroupIds"], [`machines-security-groups-${group}-id`]);
      assert.equal(inputs["instanceType"], role === "worker" ? "m7i.xlarge" : "m7i.large");
    }
  });

  it("carry packets of their pods, and the bastion those of nobody", () => {
    for (const [name, { inputs }] of instances()) {
      assert.equal(inputs["sourceDestCheck"], name === "bastion", name);
    }
  });

  it("are not replaced when what a first boot is told changes", () => {
    for (const [name, { inputs, opts }] of hosts()) {
      assert.equal(inputs["userDataReplaceOnChange"], false, name);
      assert.deepEqual(opts.ignoreChanges, ["ami", "userData"], name);
    }
    const bastion = instances().get("bastion");
    assert.equal(bastion?.inputs["userDataReplaceOnChange"], true);
    assert.ok(!bastion.opts.ignoreChanges?.includes("userData"));
  });

  it("are updated by what their plans install, and the bastion, whose image stays the first one, at its first boot too", () => {
    const upgraded = [...instances()].filter(([, { inputs }]) =>
      /^package_upgrade: true$/m.test(String(inputs["userData"])),
    );
    assert.deepEqual(
      upgraded.map(([name]) => name),
      ["bastion"],
    );
  });

  it("are not replaced because AWS says of the bastion's Elastic IP that it is a public address", async () => {
    const ignored = (from: Recording<unknown>): string[] =>
      [...instances(from)]
        .filter(([, { opts }]) => opts.ignoreChanges?.includes("associatePublicIpAddress"))
        .map(([name]) => name);
    assert.deepEqual(ignored(recording), ["bastion"]);
    const access = { by: "instance-connect-endpoint", tunnelPort: 2200 } as const;
    assert.deepEqual(ignored(await record({ access })), []);
  });

  it("are not lost by mistake where etcd is on them: neither by Pulumi nor in EC2", async () => {
    const guarded = (from: Recording<unknown>): string[] =>
      [...instances(from)]
        .filter(([, { inputs, opts }]) => inputs["disableApiTermination"] === true && opts.protect === true)
        .map(([name]) => name);
    assert.deepEqual(guarded(recording), ["control-plane-0", "control-plane-1", "control-plane-2"]);
    assert.equal(only(recording, "aws:kms/key:Key").opts.protect, true);
    const free = await record({ protect: false });
    assert.deepEqual(guarded(free), []);
    assert.equal(only(free, "aws:kms/key:Key").opts.protect, false);
  });

  it("have their pods routed to their network interface from every private subnet", async () => {
    const routes = [...ofType(recording, "aws:ec2/route:Route").values()].filter(
      ({ inputs }) => inputs["networkInterfaceId"] !== undefined,
    );
    const given = routes.map(({ inputs }) =>
      [inputs["destinationCidrBlock"], inputs["networkInterfaceId"], inputs["routeTableId"]].join(" "),
    );
    const wanted = awsArgs.hosts.flatMap(({ name, podCidr }) =>
      awsArgs.zones.map(
        (zone) => `${podCidr} machines-${name}-instance-eni machines-network-private-routes-${zone.name}-id`,
      ),
    );
    assert.deepEqual(given.sort(), wanted.sort());
    for (const route of routes) assert.match((await deletedWith(route)) ?? "", /-private-routes-/);
    assert.equal(recording.result.podRoutes, "network");
  });

  it("start from the image that is named, and ask nobody for another", () => {
    for (const [name, { inputs }] of hosts()) assert.equal(inputs["ami"], "ami-0123456789abcdef0", name);
  });

  it("start from Debian's own image for their processors where none is named", async () => {
    const asked: Record<string, unknown>[] = [];
    const getAmi = (inputs: Readonly<Record<string, unknown>>): object => {
      asked.push({ ...inputs });
      return { id: "ami-found" };
    };
    const found = await recordStack(
      () => new AwsInstances("machines", { ...awsArgs, image: { release: "13", architecture: "arm64" } }),
      { ...awsMocks, calls: { "aws:ec2/getAmi:getAmi": getAmi } },
    );
    assert.deepEqual(asked, [
      {
        owners: ["136693071363"],
        mostRecent: true,
        filters: [
          { name: "name", values: ["debian-13-arm64-2*"] },
          { name: "architecture", values: ["arm64"] },
          { name: "virtualization-type", values: ["hvm"] },
          { name: "root-device-type", values: ["ebs"] },
        ],
      },
    ]);
    for (const [name, { inputs }] of instances(found)) assert.equal(inputs["ami"], "ami-found", name);
  });
});

describe("logins", () => {
  interface Hop {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKey: string;
    readonly privateKey: string;
  }
  const connectionOf = async (
    from: Recording<AwsInstances>,
    index: number,
  ): Promise<Hop & { proxy: Hop }> => {
    const host = from.result.hosts[index];
    assert.ok(host);
    const { value, secret } = await reveal(pulumi.output<unknown>(host.connection));
    assert.equal(secret, true);
    return value as Hop & { proxy: Hop };
  };

  it("go through the bastion, both host keys pinned, by the stack's key alone", async () => {
    const { proxy, ...host } = await connectionOf(recording, 3);
    assert.deepEqual([host.host, host.port, host.user], ["10.40.0.32", 22, "redoubt"]);
    assert.deepEqual(
      [proxy.host, proxy.port, proxy.user],
      ["machines-bastion-address.public-ip", 22, "redoubt"],
    );
    for (const hop of [host, proxy]) {
      assert.match(hop.hostKey, /^ssh-ed25519 \S+/);
      assert.match(hop.privateKey, /OPENSSH PRIVATE KEY/);
      assert.equal("password" in hop, false);
    }
    assert.notEqual(host.hostKey, proxy.hostKey);
  });

  it("name the instance beside its key, so that another one in its place is told everything anew", async () => {
    const { hostKey, proxy } = await connectionOf(recording, 0);
    assert.match(hostKey, / machines-control-plane-0-instance-id$/);
    assert.doesNotMatch(proxy.hostKey, /-instance-id/, "another bastion changes nothing of a host");
  });

  it("are first asked whether the first boot went well; only then is anything brought", () => {
    const boots = [...ofType(recording, "command:remote:Command").keys()];
    assert.deepEqual(
      boots,
      hostNames.map((name) => `machines-${name}-first-boot-apply`),
    );
    assert.deepEqual(
      [...ofType(recording, "command:local:Command").keys()],
      hostNames.map((name) => `machines-${name}-artifacts-send`),
    );
    const delivery = ofType(recording, "redoubt:hosts:ArtifactDelivery").get("machines-worker-0-artifacts");
    const boot = only(recording, "command:remote:Command", "machines-worker-0-first-boot-apply");
    assert.deepEqual(delivery?.opts.dependsOn, [boot.resource]);
  });

  it("go by a tunnel's end where the bastion has no public address", async () => {
    const access = { by: "instance-connect-endpoint", tunnelPort: 2200 } as const;
    const tunnel = await record({ access, bastionCidr: undefined });
    const { proxy } = await connectionOf(tunnel, 0);
    assert.deepEqual([proxy.host, proxy.port], ["127.0.0.1", 2200]);
    assert.match(proxy.hostKey, /^ssh-ed25519 /);
    const endpoint = only(tunnel, "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint");
    assert.deepEqual(endpoint.inputs["securityGroupIds"], ["machines-security-groups-tunnel-endpoint-id"]);
    assert.equal(endpoint.inputs["preserveClientIp"], false);
    const bastion = instances(tunnel).get("bastion");
    assert.equal(bastion?.inputs["subnetId"], "machines-network-private-eu-central-1a-id");
    assert.equal((await reveal(tunnel.result.aws.bastionAddress)).value, awsArgs.bastionAddress);
    // Those of the three NAT gateways.
    assert.equal(ofType(tunnel, "aws:ec2/eip:Eip").size, 3);
    assert.ok(
      ![...ofType(tunnel, ingressType).values()].some(
        ({ name, inputs }) => name.includes("-bastion-") && inputs["cidrIpv4"] !== undefined,
      ),
    );
  });
});

describe("the first thing that a host waits for", () => {
  it("is its instance: with that all of it is gone", () => {
    recording.result.hosts.forEach(({ spec, ready }) => {
      assert.equal(ready[0], instances().get(spec.name)?.resource);
    });
  });
});

describe("what is plain in the state", () => {
  it("holds no key: not in an input, not in a name", () => {
    for (const { name, inputs, secretInputs } of recording.resources) {
      const shown = Object.entries(inputs).filter(([key]) => !secretInputs.includes(key));
      assert.doesNotMatch(JSON.stringify([name, shown]), /PRIVATE KEY/, name);
    }
  });
});
