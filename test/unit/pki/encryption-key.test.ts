import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { deriveEncryptionKey } from "../../../components/pki/encryption-key";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const sec1 = privateKey.export({ type: "sec1", format: "pem" }).toString();

describe("the encryption key", () => {
  it("has 32 bytes", () => {
    assert.equal(Buffer.from(deriveEncryptionKey(sec1), "base64").length, 32);
  });

  it("is the same for the same key, however that is encoded", () => {
    const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    assert.equal(deriveEncryptionKey(pkcs8), deriveEncryptionKey(sec1));
  });

  it("never changes with the program: what is in etcd must stay readable", () => {
    // The key pair of RFC 6979, A.2.5.
    const hex = (digits: string): string => Buffer.from(digits, "hex").toString("base64url");
    const fixed = createPrivateKey({
      format: "jwk",
      key: {
        kty: "EC",
        crv: "P-256",
        d: hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
        x: hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
        y: hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"),
      },
    });
    const pem = fixed.export({ type: "sec1", format: "pem" }).toString();
    // HKDF-SHA256 of d without salt, computed apart.
    assert.equal(deriveEncryptionKey(pem), "XqXG8zqO/IyWK4kIbLGk/9J/vteKjKuor+rYm2PZpkU=");
  });

  it("is another for another key, and is not the key itself", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    assert.notEqual(
      deriveEncryptionKey(other.export({ type: "sec1", format: "pem" }).toString()),
      deriveEncryptionKey(sec1),
    );
    const { d = "" } = privateKey.export({ format: "jwk" });
    assert.notEqual(deriveEncryptionKey(sec1), Buffer.from(d, "base64url").toString("base64"));
  });

  it("is refused from a key of another kind", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const pem = rsa.export({ type: "pkcs8", format: "pem" }).toString();
    assert.throws(() => deriveEncryptionKey(pem), /elliptic curve key/);
  });
});
