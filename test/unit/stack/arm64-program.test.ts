import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { programRelease, toolManifest } from "../../../toolchain/manifest";
import { awsMocks, awsStack } from "../../support/fixture-aws";
import { ofType, type RecordedResource, type Recording } from "../../support/mocks";
import { catalogue, recordProgram, type StackOutputs } from "./program";

const instanceTypes = { controlPlane: "m7g.large", worker: "m7g.xlarge", bastion: "t4g.micro" };
const kubernetesPrograms = toolManifest("1.35.4", "arm64").filter(
  (tool) => tool.purpose === "host" && programRelease(tool) !== undefined,
);

/** As the toolchain writes it for arm64: what has a release names it. */
const arm64Catalogue = {
  ...catalogue,
  arch: "arm64",
  artifacts: Object.fromEntries(
    Object.entries(catalogue.artifacts).map(([name, artifact]) => {
      const tool = kubernetesPrograms.find((known) => known.name === name);
      return [name, { ...artifact, ...(tool === undefined ? {} : { release: programRelease(tool) }) }];
    }),
  ),
};

const asked: Record<string, unknown>[] = [];
const getAmi = (inputs: Readonly<Record<string, unknown>>): object => {
  asked.push({ ...inputs });
  return { id: "ami-arm64" };
};

let recording: Recording<StackOutputs>;
before(async () => {
  recording = await recordProgram(
    awsStack({ hosts: { workers: 1, artifacts: "released" }, aws: { architecture: "arm64", instanceTypes } }),
    { ...awsMocks, calls: { "aws:ec2/getAmi:getAmi": getAmi } },
    arm64Catalogue,
  );
});

const all = (type: string): RecordedResource[] => [...ofType(recording, type).values()];

describe("the program over Graviton instances", () => {
  it("takes types of theirs, and Debian's image for them", () => {
    const instances = all("aws:ec2/instance:Instance");
    assert.equal(instances.length, 5);
    for (const { name, inputs } of instances) {
      assert.match(String(inputs["instanceType"]), /^(m7g|t4g)\./, name);
      assert.equal(inputs["ami"], "ami-arm64", name);
    }
    assert.match(JSON.stringify(asked), /"debian-12-arm64-2\*".*"architecture","values":\["arm64"\]/);
  });

  it("has hosts download the vendor's arm64 programs, by their own checksums", () => {
    const scripts = all("command:remote:Command")
      .map(({ inputs }) => String(inputs["stdin"]))
      .join("\n");
    assert.ok(kubernetesPrograms.length > 5);
    for (const tool of kubernetesPrograms) {
      const { url, sha256 } = programRelease(tool) ?? { url: "", sha256: "" };
      assert.match(url, /^https:\/\/dl\.k8s\.io\/.*\/linux\/arm64\//);
      assert.ok(scripts.includes(` ${url} ${sha256} /usr/local/bin/${tool.name}\n`), tool.name);
    }
  });

  it("has every host asked what it is before it is brought anything", () => {
    const orders = all("command:local:Command").map(
      ({ inputs }) => JSON.parse(String(inputs["stdin"])) as { readonly architecture: unknown },
    );
    assert.equal(orders.length, 4);
    for (const { architecture } of orders)
      assert.deepEqual(architecture, { setting: "hosts.aws.architecture", value: "arm64" });
  });

  it("names amd64 nowhere", () => {
    for (const { name, inputs } of recording.resources)
      assert.doesNotMatch(JSON.stringify(inputs), /amd64|x86[-_]64/, name);
  });
});
