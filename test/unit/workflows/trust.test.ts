import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";

const root = path.join(__dirname, "../../..");
const page = readFileSync(path.join(root, "docs/pull-requests.md"), "utf8");
const preview = readFileSync(path.join(root, ".github/workflows/preview.yml"), "utf8");

const issuer = "token.actions.githubusercontent.com";
const statementSchema = z.strictObject({
  Effect: z.literal("Allow"),
  Principal: z.strictObject({ Federated: z.string() }),
  Action: z.literal("sts:AssumeRoleWithWebIdentity"),
  Condition: z.strictObject({
    StringEquals: z.strictObject({ [`${issuer}:aud`]: z.string(), [`${issuer}:sub`]: z.string() }),
  }),
});

/** The blocks of JSON of the page, those of lists included. */
const blocks = [...page.matchAll(/^ *```json\n([\s\S]*?)^ *```$/gm)].map(([, text = ""]) => text);

/** Owner and repository, each with the number that stays its own. */
const immutable = /^repo:[^/@:]+@[^/@:]+\/[^/@:]+@[^/@:]+:environment:dev-preview$/;

describe("The trust that the documentation writes for GitHub", () => {
  const [text = ""] = blocks.filter((block) => block.includes(issuer));
  const { Principal, Condition } = statementSchema.parse(JSON.parse(text));
  const conditions: Readonly<Record<string, unknown>> = Condition.StringEquals;
  const subject = String(conditions[`${issuer}:sub`]);

  it("is a statement that lets in tokens of GitHub, for AWS, and of one environment", () => {
    assert.match(Principal.Federated, new RegExp(`^arn:aws:iam::ACCOUNT:oidc-provider/${issuer}$`));
    assert.equal(conditions[`${issuer}:aud`], "sts.amazonaws.com");
    assert.match(subject, /:environment:dev-preview$/);
    assert.ok(!subject.includes("*"));
  });

  it("names owner and repository by what nobody else can get later, which the old form does not", () => {
    assert.match(subject, immutable);
    const old = "repo:OWNER/REPOSITORY:environment:dev-preview";
    assert.doesNotMatch(old, immutable);
    assert.ok(page.includes(`\`${old}\``), "older repositories have it");
  });

  it("is what the workflow of previews says of it", () => {
    assert.ok(preview.includes(subject));
  });
});
