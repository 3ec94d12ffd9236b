import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { TestCluster, type Outcome } from "../support/cluster";

const root = path.dirname(path.dirname(__dirname));
const configuration = readFileSync(path.join(root, "Pulumi.local.yaml"), "utf8").replace(
  /^encryptionsalt:.*$/m,
  "",
);
/** What the program takes and the pack refuses: a leaf that outlives a year. */
const longLeaves = "  redoubt:pki:\n    leafValidityHours: 10000\n";

describe("The report of a preview", () => {
  const cluster = new TestCluster("report", configuration + longLeaves);
  const markdown = path.join(cluster.folder, "report.md");
  const report = async (...args: string[]): Promise<Outcome & { readonly text: string }> => {
    const outcome = await cluster.npmRun("preview-report", ["--markdown", markdown, ...args]);
    return { ...outcome, text: readFileSync(markdown, "utf8") };
  };
  let asked: Awaited<ReturnType<typeof report>> | undefined;
  before(async () => {
    asked = await report();
  });
  after(() => cluster.remove());

  it("asks the pack by itself, tells of a mandatory violation, and ends as an up that is refused", () => {
    assert.equal(asked?.code, 2, asked?.stderr);
    assert.match(asked.text, /mandatory[^\n]*certificates-lifetime|certificates-lifetime[^\n]*mandatory/);
  });

  it("does not ask when the user says so", async () => {
    const { code, text, stderr } = await report("--no-policies");
    assert.equal(code, 0, stderr);
    assert.match(text, /No policy pack ran/);
  });
});
