import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ApplyPlan } from "../../../components/plan/apply-plan";
import { mergeFragments } from "../../../components/plan/merge";
import { recordStack, reveal } from "../../support/mocks";

/** What a host reported, when the command's output was this. */
async function reported(stdout: string | undefined): Promise<unknown> {
  const connection = { host: "192.0.2.1", user: "redoubt", privateKey: "key" };
  const { result } = await recordStack(
    () => new ApplyPlan("host", { phase: "harden", connection, plan: mergeFragments({}) }),
    { mocks: { "command:remote:Command": () => (stdout === undefined ? {} : { stdout }) } },
  );
  return (await reveal(result.report)).value;
}

describe("the report of a plan that was applied", () => {
  it("is the last line that the host said", async () => {
    const report = { changed: ["file /etc/hosts"], notApplicable: [] };
    assert.deepEqual(await reported(`warning\n${JSON.stringify(report)}\n`), report);
  });

  it("is empty where the engine was told to leave the command out", async () => {
    assert.deepEqual(await reported(undefined), { changed: [], notApplicable: [] });
  });
});
