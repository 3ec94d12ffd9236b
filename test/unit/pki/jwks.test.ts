import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, it } from "node:test";
import { jsonWebKeySet } from "../../../components/pki/jwks";

const pemOf = (key: ReturnType<typeof createPublicKey>): string =>
  key.export({ type: "spki", format: "pem" }).toString();

describe("the key set for verifiers outside", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { keys } = jsonWebKeySet([pemOf(publicKey), pemOf(other.publicKey)]);

  it("verifies what the key signed, and the other one does not", () => {
    const signature = sign("sha256", Buffer.from("token"), { key: privateKey, dsaEncoding: "ieee-p1363" });
    const verdicts = keys.map((jwk) =>
      verify(
        "sha256",
        Buffer.from("token"),
        { key: createPublicKey({ key: { ...jwk }, format: "jwk" }), dsaEncoding: "ieee-p1363" },
        signature,
      ),
    );
    assert.deepEqual(verdicts, [true, false]);
  });

  it("names each key as Kubernetes does in a token's header", () => {
    const der = publicKey.export({ type: "spki", format: "der" });
    assert.equal(keys[0]?.kid, createHash("sha256").update(der).digest("base64url"));
    assert.deepEqual([keys[0].kty, keys[0].alg, keys[0].crv, keys[0].use], ["EC", "ES256", "P-256", "sig"]);
  });

  it("holds no private part", () => {
    assert.ok(keys.every((key) => !("d" in key)));
  });

  it("refuses a key of another kind", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    assert.throws(() => jsonWebKeySet([pemOf(rsa)]), /must be on P-256/);
  });
});
