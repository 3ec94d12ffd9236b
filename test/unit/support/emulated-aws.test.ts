import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configurationOf } from "../../aws/emulated-stack";
import { inOrder, Made, type Asked } from "../../aws/made";
import type { Question } from "../../aws/questioner";
import { AwsEmulator } from "../../support/aws-emulator";

/** An account that answers by operation, and keeps what it was asked. */
function account(answers: Readonly<Record<string, unknown>>): Asked & { readonly asked: Question[] } {
  const asked: Question[] = [];
  return {
    asked,
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(answers[question.operation]);
    },
  };
}

const named = {
  describe_tags: [
    ["vpc-1", "prod-vpc"],
    ["i-1", "prod-worker-0"],
  ],
  describe_instances: [["eni-1", "prod-worker-0"]],
};

describe("What a stack made on AWS", () => {
  it("is told by names instead of ids, network interfaces by that of their instance", async () => {
    const answer = [["i-1", { vpc: "vpc-1", via: ["eni-1", "eni-2"], of: "i-1 and vpc-1" }]];
    const made = await Made.by(account({ ...named, describe_things: answer }), "prod");
    assert.deepEqual(await made.ask({ service: "ec2", operation: "describe_things" }), [
      ["worker-0", { vpc: "vpc", via: ["worker-0", "eni-2"], of: "i-1 and vpc-1" }],
    ]);
    assert.equal(made.idOf("vpc", "vpc"), "vpc-1");
    assert.throws(() => made.idOf("sg", "worker-0"), /prod has no worker-0/);
  });

  it("is what bears its tags, as a table by name", async () => {
    const prod = account({ ...named, describe_vpcs: [["vpc-1", "10.40.0.0/16"]] });
    const made = await Made.by(prod, "prod");
    assert.deepEqual(await made.table("describe_vpcs", "…"), { vpc: "10.40.0.0/16" });
    assert.deepEqual(prod.asked.at(-1)?.parameters, {
      Filters: [
        { Name: "tag:redoubt:cluster", Values: ["prod"] },
        { Name: "tag:redoubt:stack", Values: ["prod"] },
      ],
    });
  });

  it("is no table where a query gives something else", async () => {
    const made = await Made.by(account({ ...named, describe_vpcs: ["vpc-1"] }), "prod");
    await assert.rejects(made.table("describe_vpcs", "Vpcs[].VpcId"), /Vpcs\[\]\.VpcId gives no pairs/);
  });

  it("is compared without regard to AWS's order", () => {
    assert.deepEqual(
      inOrder([
        ["b", 2],
        ["a", 10],
        ["a", 1],
      ]),
      inOrder([
        ["a", 1],
        ["b", 2],
        ["a", 10],
      ]),
    );
    assert.notDeepEqual(
      inOrder([["a", 1]]),
      inOrder([
        ["a", 1],
        ["a", 1],
      ]),
    );
  });
});

describe("The emulator of AWS", () => {
  it("is all that a test knows of AWS: no profile, key or endpoint of the caller's", () => {
    const own = {
      AWS_PROFILE: "prod",
      AWS_SESSION_TOKEN: "own",
      AWS_ENDPOINT_URL_EC2: "https://example.org",
    };
    Object.assign(process.env, own);
    try {
      const { environment } = new AwsEmulator();
      for (const name of Object.keys(own)) assert.equal(environment[name], undefined, name);
      assert.equal(environment["AWS_SHARED_CREDENTIALS_FILE"], "/dev/null");
      assert.equal(environment["AWS_ACCESS_KEY_ID"], "emulated");
    } finally {
      for (const name of Object.keys(own)) Reflect.deleteProperty(process.env, name);
    }
  });

  it("works on a stack whose settings are written as in its file", () => {
    assert.deepEqual(JSON.parse(configurationOf({ hosts: { provider: "aws" } })), {
      config: { "redoubt:hosts": { provider: "aws" } },
    });
  });
});
