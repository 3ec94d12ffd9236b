import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { renderKeyPolicy } from "../../../components/hosts/aws/encryption-key";
import type { Made } from "../made";

const policySchema = z.looseObject({ Statement: z.array(z.looseObject({ Sid: z.string() })) });

/** The key of the disks as KMS has it. */
export function keyStory(made: () => Made): void {
  const KeyId = "alias/redoubt-three-zones-disks";
  const ask = async (operation: string, query: string, parameters: object = {}): Promise<unknown> => {
    const key = await made().ask({
      service: "kms",
      operation: "describe_key",
      parameters: { KeyId },
      query: "KeyMetadata.KeyId",
    });
    return made().ask({ service: "kms", operation, query, parameters: { KeyId: key, ...parameters } });
  };

  describe("The key of the disks, asked of KMS", () => {
    it("is the customer's own, and renewed each year", async () => {
      const what = "KeyMetadata.[KeyManager, KeyState, Description]";
      const description = "Disks of the cluster three-zones";
      assert.deepEqual(await ask("describe_key", what), ["CUSTOMER", "Enabled", description]);
      assert.equal(await ask("get_key_rotation_status", "KeyRotationEnabled"), true);
    });

    it("is used through EC2 only, as its policy says", async () => {
      const policy = await ask("get_key_policy", "Policy", { PolicyName: "default" });
      const wanted = renderKeyPolicy({ accountId: "123456789012", region: "eu-central-1" });
      const said = policySchema.parse(JSON.parse(String(policy)));
      assert.deepEqual(said, JSON.parse(wanted));
      assert.deepEqual(
        said.Statement.map(({ Sid }) => Sid),
        ["Administration", "DisksByEc2", "GrantsToEc2"],
      );
    });

    it("bears the stack's tags", async () => {
      assert.deepEqual(await ask("list_resource_tags", "sort(Tags[].join('=', [TagKey, TagValue]))"), [
        "Name=three-zones-disks",
        "redoubt:cluster=three-zones",
        "redoubt:stack=three-zones",
      ]);
    });
  });
}
