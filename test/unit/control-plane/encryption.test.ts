import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderEncryptionConfiguration } from "../../../components/control-plane/encryption";

const keys = [
  { name: "key2", secret: Buffer.alloc(32, 7).toString("base64") },
  { name: "key1", secret: Buffer.alloc(32, 8).toString("base64") },
];

function providers(provider: "secretbox" | "aescbc"): unknown {
  const text = renderEncryptionConfiguration(provider, keys);
  return (parse(text) as { resources: { resources: string[]; providers: unknown[] }[] }).resources;
}

describe("encryption at rest", () => {
  for (const [provider, other] of [
    ["secretbox", "aescbc"],
    ["aescbc", "secretbox"],
  ] as const) {
    it(`CIS 1.2.28: writes secrets, and what Dex keeps, by ${provider} with the first key, and reads what was written by ${other}, with another key, or before`, () => {
      const by = (name: string): object => ({ [name]: { keys } });
      assert.deepEqual(providers(provider), [
        {
          resources: ["secrets", "*.dex.coreos.com"],
          providers: [by(provider), by(other), { identity: {} }],
        },
      ]);
    });
  }
});
