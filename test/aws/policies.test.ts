import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ownPolicies } from "../../policies/pack";
import { PreviewProject, type Violation } from "../policies/engine";
import { awsStack } from "../support/fixture-aws";
import { configurationOf, EmulatedAccount } from "./emulated-stack";

/** A whole stack of production: three control planes and two workers. */
const sound = { hardening: { timeServers: ["169.254.169.123"] } };

/** What the pack judges is here what the provider made of the inputs, defaults and unknown values included. */
describe("A preview of the whole program on AWS, with the policy pack at the levels of production", () => {
  const account = new EmulatedAccount();
  const preview = (stack: Record<string, unknown>): readonly Violation[] => {
    const project = new PreviewProject(
      "index.ts",
      "prod",
      configurationOf({ ...stack, ...sound }),
      account.environment,
    );
    try {
      const { outcome, found } = project.preview("prod");
      assert.equal(
        outcome.code === 0,
        found.every(({ level }) => level === "advisory"),
        outcome.stdout,
      );
      return found;
    } finally {
      project.remove();
    }
  };

  before(() => account.start());
  after(() => {
    account.stop();
  });

  it("is clean, and says what is not known yet", () => {
    const found = preview(awsStack());
    assert.deepEqual(
      found.map(({ policy, level }) => `${level} ${policy}`),
      [`advisory ${ownPolicies.undecided}`],
    );
  });

  it("is refused with a bastion and an API that everybody reaches", () => {
    const found = preview(awsStack({ hosts: { operatorCidrs: ["0.0.0.0/0"] } }));
    assert.deepEqual(
      found
        .filter(({ level }) => level === "mandatory")
        .map(({ policy, resource }) => `${policy}: ${resource}`)
        .sort(),
      [
        "aws-public-api-endpoint: machines-security-groups-load-balancer-kube-apiserver-from-0-0-0-0-0",
        "aws-public-ssh: machines-security-groups-bastion-ssh-from-0-0-0-0-0",
      ],
    );
  });
});
