import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { AwsInstances, type AwsInstancesArgs } from "../../components/hosts/aws";
import {
  configuredLevel,
  configurationFolder,
  everyPolicy,
  readConfiguration,
} from "../../policies/configuration";
import { packPolicies } from "../../policies/pack";
import { awsArgs, awsMocks } from "../support/fixture-aws";
import { recordStack } from "../support/mocks";
import { judge, secret, type TestResource } from "./judge";
import { command, replace, scripts, type Edit } from "./scripts";

/** What the hosts on AWS are made of, as the engine would show it to the pack. */
async function graph(changed: Partial<AwsInstancesArgs> = {}): Promise<TestResource[]> {
  const { resources } = await recordStack(
    () => new AwsInstances("machines", { ...awsArgs, ...changed }),
    awsMocks,
  );
  return resources.map(({ type, name, inputs, secretInputs, opts }) => ({
    type,
    name,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, value]) => [key, secretInputs.includes(key) ? secret(value) : value]),
    ),
    additionalSecretOutputs: (opts.additionalSecretOutputs ?? []).map(String),
  }));
}

/** Policies on AWS, each with the level that counts in production: what its configuration says, else the policy's own. */
function levelsInProduction(): (readonly [policy: string, level: string | undefined])[] {
  const configuration = readConfiguration(configurationFolder, "prod");
  const common = configuredLevel(configuration, everyPolicy);
  return packPolicies()
    .filter(({ name }) => name.startsWith("aws-"))
    .map(({ name, enforcementLevel }) => [
      name,
      configuredLevel(configuration, name) ?? common ?? enforcementLevel,
    ]);
}

/** What the pack finds, each with its resource. */
const found = (resources: readonly TestResource[]): string[] =>
  judge(resources).map(({ policy, resource }) => `${policy}: ${resource ?? "the stack"}`);

let sound: readonly TestResource[];
before(async () => {
  sound = await graph();
});

/** The graph with other inputs of one resource. */
function planted(name: string, inputs: Readonly<Record<string, unknown>>): TestResource[] {
  assert.ok(
    sound.some((resource) => resource.name === name),
    name,
  );
  return sound.map((resource) =>
    resource.name === name ? { ...resource, inputs: { ...resource.inputs, ...inputs } } : resource,
  );
}

const worker = "machines-worker-0-instance";

describe("the hosts on AWS, as the policy pack sees them", () => {
  it("break no rule, in no way in and with either kind of load balancer", async () => {
    assert.deepEqual(found(sound), []);
    assert.deepEqual(
      found(await graph({ access: { by: "instance-connect-endpoint", tunnelPort: 2200 } })),
      [],
    );
    assert.deepEqual(found(await graph({ apiServer: { ...awsArgs.apiServer, public: true } })), []);
  });

  it("are judged in production by rules that refuse", () => {
    const levels = levelsInProduction();
    assert.ok(levels.length >= 6, `the pack has ${levels.length} policies on AWS`);
    assert.deepEqual(
      levels.filter(([, level]) => level !== "mandatory"),
      [],
    );
  });

  it("are refused with an open bastion", async () => {
    assert.deepEqual(found(await graph({ operatorCidrs: ["0.0.0.0/0"] })), [
      "aws-public-ssh: machines-security-groups-bastion-ssh-from-0-0-0-0-0",
    ]);
  });

  it("are refused with an API that is open to everybody", async () => {
    const apiServer = { public: true, clients: ["0.0.0.0/0"] };
    assert.deepEqual(found(await graph({ apiServer })), [
      "aws-public-api-endpoint: machines-security-groups-load-balancer-kube-apiserver-from-0-0-0-0-0",
    ]);
  });

  it("are refused without a firewall, though a table of its own guards the metadata service", () => {
    const name = "machines-worker-0-plan-apply";
    const hardened = (edit: Edit): TestResource[] => [
      { ...command("ApplyPlan", edit(scripts.harden)), name },
    ];
    assert.deepEqual(found(hardened((script) => script)), []);
    assert.deepEqual(
      found(hardened(replace("hook input priority filter", "hook prerouting priority filter"))),
      [`network-open-firewall: ${name}`],
    );
  });

  it("are refused with a metadata service that pods reach", () => {
    const metadataOptions = { httpTokens: "required", httpPutResponseHopLimit: 2 };
    assert.deepEqual(found(planted(worker, { metadataOptions })), [`aws-imdsv1: ${worker}`]);
  });

  it("are refused with a disk in clear", () => {
    const rootBlockDevice = { encrypted: false };
    assert.deepEqual(found(planted(worker, { rootBlockDevice })), [`aws-unencrypted-volume: ${worker}`]);
  });

  it("are refused with a host key that the state shows", () => {
    const plain = "#cloud-config\nssh_keys:\n  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n";
    assert.deepEqual(found(planted(worker, { userData: plain })), [`secrets-plain-property: ${worker}`]);
  });
});
