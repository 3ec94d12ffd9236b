import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { provideHosts } from "../../../components/hosts/provide-hosts";
import { awsArgs, awsMocks } from "../../support/fixture-aws";
import { recordStack } from "../../support/mocks";

const isLoaded = (): boolean => Object.keys(require.cache).some((file) => file.includes("/@pulumi/aws/"));

describe("the hosts of a stack", () => {
  it("cost no stack the SDK of a cloud that it does not use", async () => {
    assert.equal(isLoaded(), false);
    await recordStack(() => provideHosts("machines", { provider: "aws", aws: awsArgs }, ""), awsMocks);
    assert.equal(isLoaded(), true);
  });
});
