import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { readSettings, parseSettings } from "../../../components/config/settings";
import type { Settings } from "../../../components/config/schema";
import { awsSettings, awsStack } from "../../support/fixture-aws";
import { inventoryHosts, inventoryOf } from "../../support/fixture-inventory";

/** Every line of the error that a configuration gives; none when it is accepted. */
function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw, "test");
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n").slice(1);
  }
}

const zones = (...names: readonly string[]): { availabilityZones: readonly string[] } => ({
  availabilityZones: names,
});
const types = (instanceTypes: object): object => ({ instanceTypes });

/** A wrong configuration, and the one line that the user reads of it. */
const wrong: readonly (readonly [what: string, raw: Record<string, unknown>, line: string])[] = [
  [
    "nothing of where the instances shall be",
    awsStack({ hosts: { aws: undefined } }),
    "  - redoubt:hosts.aws: is missing, and hosts.provider is aws. Fix: give it, as docs/aws.md shows",
  ],
  [
    "the block beside local machines",
    { hosts: { aws: awsSettings() } },
    '  - redoubt:hosts.aws = "…": is given, and hosts.provider is local. Fix: set hosts.provider to aws, or leave hosts.aws out',
  ],
  [
    "the block beside an inventory",
    { hosts: inventoryOf(inventoryHosts, { aws: awsSettings() }) },
    '  - redoubt:hosts.aws = "…": is given, and hosts.provider is inventory. Fix: set hosts.provider to aws, or leave hosts.aws out',
  ],
  [
    "an inventory beside the block",
    awsStack({ hosts: { inventory: { hosts: inventoryHosts } } }),
    '  - redoubt:hosts.inventory = "…": is given, and hosts.provider is aws. Fix: set hosts.provider to inventory, or leave hosts.inventory out',
  ],
  [
    "a zone of another region",
    awsStack({ aws: zones("eu-central-1a", "eu-central-1b", "eu-west-1a") }),
    '  - redoubt:hosts.aws.availabilityZones = "eu-west-1a": is no zone of hosts.aws.region = eu-central-1. Fix: name zones as eu-central-1a',
  ],
  [
    "a local zone, which has no load balancers of ours",
    awsStack({ aws: zones("eu-central-1a", "eu-central-1b", "eu-central-1-ham-1a") }),
    '  - redoubt:hosts.aws.availabilityZones = "eu-central-1-ham-1a": is no zone of hosts.aws.region = eu-central-1. Fix: name zones as eu-central-1a',
  ],
  [
    "a zone twice",
    awsStack({ aws: zones("eu-central-1a", "eu-central-1b", "eu-central-1a") }),
    '  - redoubt:hosts.aws.availabilityZones = "eu-central-1a": is there twice: the loss of that zone would take two thirds of the hosts. Fix: name three different zones',
  ],
  [
    "two zones",
    awsStack({ aws: zones("eu-central-1a", "eu-central-1b") }),
    '  - redoubt:hosts.aws.availabilityZones = ["eu-central-1a","eu-central-1b"]: must be three zones: etcd then survives the loss of one. Fix: see docs/settings.md',
  ],
  [
    "a VPC that is too small for three zones",
    awsStack({ aws: { vpcCidr: "10.40.0.0/23" } }),
    '  - redoubt:hosts.aws.vpcCidr = "10.40.0.0/23": is a /23: AWS takes no more than a /16, and three zones need a /22 at least. Fix: use a /16 to /22',
  ],
  [
    "a VPC that is larger than AWS makes one",
    awsStack({ aws: { vpcCidr: "10.40.0.0/15" } }),
    '  - redoubt:hosts.aws.vpcCidr = "10.40.0.0/15": is a /15: AWS takes no more than a /16, and three zones need a /22 at least. Fix: use a /16 to /22',
  ],
  [
    "a VPC that begins in the middle of a network",
    awsStack({ aws: { vpcCidr: "10.40.1.0/16" } }),
    '  - redoubt:hosts.aws.vpcCidr = "10.40.1.0/16": is no network: it begins in the middle of one; write it as 10.40.0.0/16. Fix: see docs/settings.md',
  ],
  [
    "a VPC among the pods",
    awsStack({ aws: { vpcCidr: "10.244.0.0/16" } }),
    '  - redoubt:network.podCidr = "10.244.0.0/16": overlaps with hosts.aws.vpcCidr = 10.244.0.0/16. Fix: choose networks that have no address in common',
  ],
  [
    "a VPC among the services",
    awsStack({ aws: { vpcCidr: "10.96.128.0/17" } }),
    '  - redoubt:network.serviceClusterIpRange = "10.96.0.0/16": overlaps with hosts.aws.vpcCidr = 10.96.128.0/17. Fix: choose networks that have no address in common',
  ],
  [
    "arm64 instances in an amd64 cluster",
    awsStack({ aws: types({ worker: "m7g.large" }) }),
    '  - redoubt:hosts.aws.instanceTypes.worker = "m7g.large": is arm64, and hosts.aws.architecture is amd64. Fix: use a type as m7i.large or t3.micro, or another architecture',
  ],
  [
    "an amd64 bastion in an arm64 cluster",
    awsStack({
      aws: { architecture: "arm64", ...types({ controlPlane: "c7gn.large", worker: "a1.large" }) },
    }),
    '  - redoubt:hosts.aws.instanceTypes.bastion = "t3.micro": is amd64, and hosts.aws.architecture is arm64. Fix: use a type as m7g.large or t4g.micro, or another architecture',
  ],
  [
    "a bastion that nobody may reach",
    awsStack({ hosts: { operatorCidrs: [] } }),
    "  - redoubt:hosts.operatorCidrs: is missing: the bastion would let nobody in. Fix: name the networks from which you, and whatever runs up, reach the bastion",
  ],
  [
    "an API that nobody may reach",
    awsStack({ hosts: { operatorCidrs: [] }, aws: { access: "instance-connect-endpoint" } }),
    "  - redoubt:apiServer.allowedCidrs: is missing: the load balancer would let nobody but nodes reach the API. Fix: name the networks from which people, and whatever runs up, reach the API",
  ],
  [
    "an API without a name",
    awsStack({ apiServer: { endpoint: undefined } }),
    "  - redoubt:apiServer.endpoint: is missing: a load balancer on AWS has no address that a certificate could bear. Fix: name the load balancer, as api.example.org; hosts.aws.hostedZoneId makes the name",
  ],
  [
    "an address in place of the API's name",
    awsStack({ apiServer: { endpoint: "192.0.2.1" } }),
    '  - redoubt:apiServer.endpoint = "192.0.2.1": is an address: those of a load balancer on AWS change. Fix: name the load balancer, as api.example.org; hosts.aws.hostedZoneId makes the name',
  ],
  [
    "the network of local machines",
    awsStack({ hosts: { subnet: "10.77.5.0/24" } }),
    '  - redoubt:hosts.subnet = "10.77.5.0/24": is given, and hosts.provider is aws. Fix: set hosts.aws.vpcCidr instead',
  ],
  [
    "two control planes",
    awsStack({ hosts: { controlPlanes: 2 } }),
    "  - redoubt:hosts.controlPlanes = 2: is even: etcd then survives no more losses than with one host fewer. Fix: use 1 or 3",
  ],
  [
    "an account that YAML read as a number",
    awsStack({ aws: { accountId: 123456789012 } }),
    "  - redoubt:hosts.aws.accountId = 123456789012: must be the twelve digits of an account, in quotes. Fix: see docs/settings.md",
  ],
  [
    "a region of another partition, where Debian has another account",
    awsStack({
      aws: { region: "us-gov-west-1", ...zones("us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c") },
    }),
    '  - redoubt:hosts.aws.region = "us-gov-west-1": must be a region of the partition aws, as eu-central-1. Fix: see docs/settings.md',
  ],
  [
    "an image that is none",
    awsStack({ aws: { imageId: "debian-12" } }),
    '  - redoubt:hosts.aws.imageId = "debian-12": must be an image id, as ami-0123456789abcdef0. Fix: see docs/settings.md',
  ],
];

const accept = (raw: Record<string, unknown>): Settings => parseSettings(raw, "test");

describe("settings of instances on AWS", () => {
  for (const [what, raw, line] of wrong) {
    it(`refuse ${what}`, () => {
      assert.deepEqual(problemsOf(raw), [line]);
    });
  }

  it("need an account, a region, three zones, and nothing else of AWS", () => {
    const { hosts, pki } = accept(awsStack());
    assert.deepEqual(hosts.aws, {
      accountId: "123456789012",
      region: "eu-central-1",
      availabilityZones: ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
      vpcCidr: "10.40.0.0/16",
      architecture: "amd64",
      instanceTypes: { controlPlane: "m7i.large", worker: "m7i.large", bastion: "t3.micro" },
      diskGigabytes: 50,
      debianRelease: "12",
      natGateways: "per-zone",
      access: "bastion",
      tunnelPort: 2200,
      apiServerPublic: false,
      protect: true,
    });
    assert.equal(pki.protect, true);
  });

  it("take Graviton instances in an arm64 cluster", () => {
    const arm64 = types({ controlPlane: "m7g.large", worker: "c7gn.large", bastion: "t4g.micro" });
    accept(awsStack({ aws: { architecture: "arm64", ...arm64 } }));
  });

  it("take graphics cards of Intel's as amd64, though their series is called g", () => {
    accept(awsStack({ aws: types({ worker: "g5.xlarge" }) }));
    accept(awsStack({ aws: types({ worker: "m7i-flex.large" }) }));
    assert.equal(problemsOf(awsStack({ aws: types({ worker: "g5g.xlarge" }) })).length, 1);
  });

  it("take the smallest and the largest VPC, and one beside the pods", () => {
    for (const vpcCidr of ["10.40.252.0/22", "172.31.0.0/16", "10.245.0.0/16"]) {
      accept(awsStack({ aws: { vpcCidr } }));
    }
  });

  it("need nobody at the bastion behind an endpoint, if somebody may reach the API", () => {
    accept(
      awsStack({
        hosts: { operatorCidrs: [] },
        aws: { access: "instance-connect-endpoint" },
        apiServer: { allowedCidrs: ["203.0.113.0/28"] },
      }),
    );
  });

  it("speak of one thing once: without a name the number of control planes says nothing new", () => {
    assert.equal(
      problemsOf(awsStack({ hosts: { controlPlanes: 5 }, apiServer: { endpoint: undefined } })).length,
      1,
    );
  });
});

describe("the example of docs/aws.md", () => {
  const page = readFileSync(path.join(__dirname, "../../../docs/aws.md"), "utf8");
  const blocks = [...page.matchAll(/^```yaml\n(config:[\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it("is one whole configuration, accepted as it stands", () => {
    assert.equal(blocks.length, 1);
    const file = z.object({ config: z.record(z.string(), z.unknown()) }).parse(parse(blocks[0] ?? ""));
    const get = (key: string): string | undefined => {
      const value = file.config[`redoubt:${key}`];
      return value === undefined ? undefined : JSON.stringify(value);
    };
    const { hosts, apiServer } = readSettings({ get }, "aws", () => false);
    assert.equal(hosts.provider, "aws");
    assert.deepEqual([hosts.controlPlanes, hosts.workers], [3, 3]);
    assert.ok(!apiServer.allowedCidrs.includes("0.0.0.0/0"));
  });
});
