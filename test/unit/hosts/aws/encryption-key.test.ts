import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderKeyPolicy } from "../../../../components/hosts/aws/encryption-key";
import { only, record } from "./recording";

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Principal: object;
  readonly Condition?: object;
}
const policy = JSON.parse(renderKeyPolicy({ accountId: "123456789012", region: "eu-central-1" })) as {
  Statement: readonly Statement[];
};
const statement = (sid: string): Statement | undefined => policy.Statement.find(({ Sid }) => Sid === sid);

describe("the policy of the disks' key", () => {
  it("speaks of the own account only", () => {
    for (const { Principal, Sid } of policy.Statement) {
      assert.deepEqual(Principal, { AWS: "arn:aws:iam::123456789012:root" }, Sid);
    }
  });

  it("lets administrators of the account keep the key, and read nothing by it", () => {
    const actions = statement("Administration")?.Action ?? [];
    assert.ok(actions.includes("kms:Put*"), "whoever can't change the policy is locked out");
    assert.deepEqual(
      actions.filter((action) =>
        /^kms:(\*|Decrypt|Encrypt|ReEncrypt|Generate|CreateGrant|Create\*)/.test(action),
      ),
      [],
    );
  });

  it("lets data through by EC2 of this region and account, and by nothing else", () => {
    const byEc2 = {
      "kms:ViaService": "ec2.eu-central-1.amazonaws.com",
      "kms:CallerAccount": "123456789012",
    };
    assert.deepEqual(statement("DisksByEc2")?.Condition, { StringEquals: byEc2 });
    assert.deepEqual(statement("GrantsToEc2")?.Condition, {
      StringEquals: byEc2,
      Bool: { "kms:GrantIsForAWSResource": "true" },
    });
    assert.deepEqual(statement("GrantsToEc2")?.Action, ["kms:CreateGrant"]);
    assert.deepEqual(
      policy.Statement.map(({ Sid }) => Sid),
      ["Administration", "DisksByEc2", "GrantsToEc2"],
    );
  });
});

describe("the key of the disks", () => {
  it("is renewed every year, and can be taken back for a month after it was deleted", async () => {
    const { inputs } = only(await record(), "aws:kms/key:Key");
    assert.deepEqual([inputs["enableKeyRotation"], inputs["deletionWindowInDays"]], [true, 30]);
  });
});
