import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { SecretFileSpec } from "../../../components/plan/plan";
import { flattenSecretFiles, joinSecretFiles } from "../../../components/plan/secret-files";
import { reveal } from "../../support/mocks";

const file = (path: string): SecretFileSpec => ({ path, owner: "root", group: "root", content: "x\n" });

describe("secret files of several subjects", () => {
  it("are one list, secret even when a subject forgot to say so", async () => {
    const { value, secret } = await reveal(joinSecretFiles([file("/a")], pulumi.output([file("/b")])));
    assert.deepEqual(
      value.map(({ path }) => path),
      ["/a", "/b"],
    );
    assert.equal(secret, true);
  });

  it("do not write one path twice", () => {
    assert.throws(
      () => flattenSecretFiles([[file("/a")], [file("/a")]]),
      /secret file \/a is written by two subjects/,
    );
  });
});
