import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkStateBackend } from "../../../commands/state-backend";

const bucket = "s3://example-state?region=eu-central-1";
const key = "awskms://alias/redoubt?region=eu-central-1";

describe("where a state lies", () => {
  for (const accepted of [
    { secretsProvider: "passphrase" },
    { backend: "file:///srv/state", secretsProvider: "passphrase" },
    { backend: "file:///srv/state", secretsProvider: key },
    { backend: bucket, secretsProvider: key },
  ]) {
    it(`may be ${accepted.backend ?? "this box"} with ${accepted.secretsProvider}`, () => {
      checkStateBackend(accepted);
    });
  }

  for (const [what, wrong, message] of [
    ["a bucket with a passphrase", { backend: bucket, secretsProvider: "passphrase" }, /one word that all/],
    [
      "a bucket without its region",
      { backend: "s3://example-state", secretsProvider: key },
      /--backend = s3/,
    ],
    ["a relative folder", { backend: "file://state", secretsProvider: "passphrase" }, /--backend = file/],
    ["another service", { backend: "https://example.org", secretsProvider: key }, /neither a bucket/],
    ["a key without its region", { secretsProvider: "awskms://alias/redoubt" }, /neither a KMS key/],
  ] as const) {
    it(`must not be ${what}`, () => {
      assert.throws(() => {
        checkStateBackend(wrong);
      }, message);
    });
  }
});
