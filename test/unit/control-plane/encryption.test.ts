import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderEncryptionConfiguration } from "../../../components/control-plane/encryption";

const key = Buffer.alloc(32, 7).toString("base64");

function providers(provider: "secretbox" | "aescbc"): unknown {
  const text = renderEncryptionConfiguration(provider, key);
  return (parse(text) as { resources: { resources: string[]; providers: unknown[] }[] }).resources;
}

describe("encryption at rest", () => {
  for (const [provider, other] of [
    ["secretbox", "aescbc"],
    ["aescbc", "secretbox"],
  ] as const) {
    it(`CIS 1.2.28: writes secrets, and what Dex keeps, by ${provider}, and reads what was written by ${other} or before`, () => {
      const by = (name: string): object => ({ [name]: { keys: [{ name: "key1", secret: key }] } });
      assert.deepEqual(providers(provider), [
        {
          resources: ["secrets", "*.dex.coreos.com"],
          providers: [by(provider), by(other), { identity: {} }],
        },
      ]);
    });
  }
});
