import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { awsMocks, awsStack } from "../../support/fixture-aws";
import {
  assertNamedUnderParents,
  ofType,
  reveal,
  type RecordedResource,
  type Recording,
} from "../../support/mocks";
import { assertShellcheckClean } from "../../support/shellcheck";
import { recordProgram, type StackOutputs } from "./program";

let recording: Recording<StackOutputs>;
let commands: RecordedResource[];
before(async () => {
  recording = await recordProgram(
    awsStack({ hosts: { workers: 1 }, aws: { imageId: "ami-0123456789abcdef0" } }),
    awsMocks,
  );
  commands = [...ofType(recording, "command:remote:Command").values()];
});

const hosts = {
  "control-plane-0": "10.40.0.10",
  "control-plane-1": "10.40.64.10",
  "control-plane-2": "10.40.128.10",
  "worker-0": "10.40.0.32",
};
const connectionOf = ({ inputs }: RecordedResource): Record<string, unknown> =>
  inputs["connection"] as Record<string, unknown>;
const scriptsOf = (address: string): string[] =>
  commands
    .filter((resource) => connectionOf(resource)["host"] === address)
    .map(({ inputs }) => String(inputs["stdin"]));
const scriptOf = (address: string, phase: string): string =>
  scriptsOf(address).find((text) => text.includes(`# --- the plan: ${phase} ---`)) ?? "";
const setOf = (script: string, name: string): string =>
  new RegExp(`set ${name} \\{[^}]*elements = \\{ ([^}]*) \\}`, "s").exec(script)?.[1] ?? "";

describe("the program over AWS", () => {
  it("names every child after its parent", () => {
    const roots = recording.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    assertNamedUnderParents(recording, roots);
  });

  it("reaches every host through the bastion, both host keys pinned, by key alone", () => {
    assert.ok(commands.length > 20);
    for (const command of commands) {
      const connection = connectionOf(command);
      const proxy = connection["proxy"] as Record<string, unknown>;
      assert.ok(Object.values(hosts).includes(String(connection["host"])), command.name);
      for (const hop of [connection, proxy]) {
        assert.match(String(hop["hostKey"]), /^ssh-ed25519 \S+/, command.name);
        assert.equal(hop["user"], "redoubt", command.name);
        assert.equal(hop["password"], undefined, command.name);
      }
      // The one of a setting that is withdrawn goes with its machine, unrun.
      const isLast = /-(leave|withdrawal)$/.test(command.name);
      assert.equal(command.inputs["delete"] !== undefined, isLast, command.name);
    }
  });

  for (const [name, address] of Object.entries(hosts)) {
    it(`lets into ${name} the bastion by SSH, and the load balancer's subnets to the API`, () => {
      const script = scriptOf(address, "harden");
      assert.equal(setOf(script, "operators"), "10.40.240.5");
      assert.equal(setOf(script, "apiClients"), "10.40.192.0/20, 10.40.208.0/20, 10.40.224.0/20");
      assert.equal(setOf(script, "nodes"), Object.values(hosts).join(", "));
    });

    it(`keeps the metadata service of ${name} to root`, () => {
      assert.match(scriptOf(address, "harden"), /ip daddr 169\.254\.169\.254 meta skuid != 0 reject/);
    });

    it(`leaves the way to pods of other hosts to the VPC on ${name}: their addresses are in other subnets`, () => {
      const script = scriptOf(address, "node");
      assert.match(script, /^file \/etc\/kubernetes\/pod-routes /m);
      assert.doesNotMatch(script, /^route replace /m);
    });
  }

  it("gives workers the load balancer's name, and control planes the API server beside them", () => {
    const server = (address: string): string[] => [
      ...new Set(
        [
          ...scriptsOf(address)
            .join("\n")
            .matchAll(/server: (https:\/\/\S+:6443)/g),
        ].map(([, url = ""]) => url),
      ),
    ];
    assert.deepEqual(server(hosts["worker-0"]), ["https://api.example.org:6443"]);
    assert.deepEqual(server(hosts["control-plane-1"]), ["https://10.40.64.10:6443"]);
  });

  it("opens Dex at the load balancer, which is where its issuer says that it is", () => {
    const ports = [...ofType(recording, "aws:lb/listener:Listener").values()].map(
      ({ inputs }) => inputs["port"],
    );
    assert.deepEqual(ports, [6443, 5556]);
  });

  it("forgets the objects of the cluster with the first control plane", async () => {
    const owner = recording.resources.find(({ name }) => name === "access");
    const [transform] = owner?.opts.transforms ?? [];
    assert.ok(transform);
    const asked = { custom: true, type: "kubernetes:core/v1:Pod", name: "pod", props: {}, opts: {} };
    const given = (await transform(asked))?.opts as pulumi.CustomResourceOptions | undefined;
    assert.ok(given?.deletedWith);
    assert.match((await reveal(given.deletedWith.urn)).value, /::machines-control-plane-0-instance$/);
  });

  it("tells what AWS calls the way to the API and the way in", async () => {
    const { aws } = recording.result;
    assert.ok(aws);
    assert.deepEqual(await reveal(pulumi.output(aws)), {
      value: {
        loadBalancerDnsName: "balancer.elb.amazonaws.com",
        bastionAddress: "machines-bastion-address.public-ip",
        bastionInstanceId: "machines-bastion-server-instance-id",
      },
      secret: false,
    });
  });

  it("shows no secret in plain inputs", () => {
    const shown = recording.resources.flatMap(({ name, inputs, secretInputs }) =>
      Object.entries(inputs)
        .filter(
          ([key, value]) => !secretInputs.includes(key) && JSON.stringify(value).includes("PRIVATE KEY"),
        )
        .map(([key]) => `${name} ${key}`),
    );
    assert.deepEqual(shown, []);
  });

  it("has clean scripts", { timeout: 180_000 }, () => {
    for (const script of new Set([hosts["control-plane-0"], hosts["worker-0"]].flatMap(scriptsOf))) {
      assertShellcheckClean(script);
    }
  });
});
