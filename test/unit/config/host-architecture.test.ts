import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkArtifactArchitecture, type Artifacts } from "../../../components/config/artifacts";
import { hostArchitecture } from "../../../components/config/host-architecture";
import { parseSettings } from "../../../components/config/settings";
import { awsStack } from "../../support/fixture-aws";
import { inventoryHosts, inventoryOf } from "../../support/fixture-inventory";

const graviton = { controlPlane: "m7g.large", worker: "m7g.large", bastion: "t4g.micro" };
const stacks = {
  "local machines": {},
  "an inventory": { hosts: inventoryOf(inventoryHosts) },
  "an inventory of arm64": { hosts: inventoryOf(inventoryHosts, {}, { architecture: "arm64" }) },
  "instances on AWS": awsStack(),
  "Graviton instances": awsStack({ aws: { architecture: "arm64", instanceTypes: graviton } }),
} as const;

const wanted = (stack: keyof typeof stacks): ReturnType<typeof hostArchitecture> =>
  hostArchitecture(parseSettings(stacks[stack], "test").hosts);

const catalogue = (arch: Artifacts["arch"]): Artifacts => ({
  arch,
  kubernetesVersion: "1.35.4",
  artifacts: {},
  images: {},
  baseImage: "/base",
  cacheDir: "/cache",
});

describe("the processors of hosts", () => {
  it("are amd64 unless a setting says other", () => {
    for (const stack of ["local machines", "an inventory", "instances on AWS"] as const)
      assert.equal(wanted(stack).architecture, "amd64", stack);
  });

  it("are arm64 by the setting of the provider", () => {
    for (const stack of ["an inventory of arm64", "Graviton instances"] as const)
      assert.equal(wanted(stack).architecture, "arm64", stack);
  });

  it("are those of the box on local machines: a block that says other is refused", () => {
    const inventory = { architecture: "arm64", hosts: inventoryHosts };
    assert.throws(
      () => parseSettings({ hosts: { inventory } }, "test"),
      /hosts\.inventory = "…": is given, and hosts\.provider is local\. Fix: /,
    );
  });

  it("are of a kind that programs are made for", () => {
    for (const architecture of ["riscv64", "x86_64", "aarch64"]) {
      assert.throws(
        () => parseSettings({ hosts: inventoryOf(inventoryHosts, {}, { architecture }) }, "test"),
        /hosts\.inventory\.architecture = ".*": .*"amd64"\|"arm64"/,
        architecture,
      );
    }
  });
});

describe("programs and images for the processors of hosts", () => {
  for (const [stack, arch] of [
    ["local machines", "amd64"],
    ["an inventory", "amd64"],
    ["an inventory of arm64", "arm64"],
    ["Graviton instances", "arm64"],
  ] as const) {
    it(`are taken for ${stack} when they are for ${arch}`, () => {
      checkArtifactArchitecture(catalogue(arch), wanted(stack));
    });
  }

  for (const [stack, arch, because] of [
    ["local machines", "arm64", "hosts.provider = local, machines on the kernel of this box, which is amd64"],
    ["an inventory", "arm64", "hosts.inventory.architecture = amd64"],
    ["an inventory of arm64", "amd64", "hosts.inventory.architecture = arm64"],
    ["Graviton instances", "amd64", "hosts.aws.architecture = arm64"],
  ] as const) {
    it(`are refused for ${stack} when they are for ${arch}, before anything is made`, () => {
      assert.throws(
        () => {
          checkArtifactArchitecture(catalogue(arch), wanted(stack));
        },
        {
          message: `${because}, but this shell has artifacts for ${arch}. Fix: run eval "$(npm run -s env -- --stack STACK)" again, or use npm run up`,
        },
      );
    });
  }
});
