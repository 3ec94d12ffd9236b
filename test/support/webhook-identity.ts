import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runProgram } from "./cluster";

/** A certificate with its key, and who signed it; all in PEM. */
export interface TestIdentity {
  readonly certificateAuthority: string;
  readonly certificate: string;
  readonly privateKey: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

/**
 * A certificate of an authority that is made for it and then forgotten, good for a day.
 *
 * @param address IPv4 address that a server is known by; a client needs none.
 */
export function issueTestIdentity(commonName: string, address?: string): TestIdentity {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-identity-"));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): void => {
    const { code, stderr } = runProgram("openssl", args);
    assert.equal(code, 0, stderr);
  };
  try {
    const authority = ["-keyout", file("ca.key"), "-out", file("ca.crt"), "-subj", `/CN=${commonName}-ca`];
    openssl("req", "-x509", "-days", "1", ...newKey, ...authority);
    openssl(
      "req",
      "-new",
      ...newKey,
      "-keyout",
      file("key"),
      "-out",
      file("csr"),
      "-subj",
      `/CN=${commonName}`,
    );
    const extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"];
    extensions.push(
      address === undefined
        ? "extendedKeyUsage=clientAuth"
        : `extendedKeyUsage=serverAuth\nsubjectAltName=IP:${address}`,
    );
    writeFileSync(file("extensions"), extensions.join("\n"));
    const signer = ["-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-CAcreateserial"];
    const request = ["-in", file("csr"), "-out", file("crt"), "-extfile", file("extensions")];
    openssl("x509", "-req", "-days", "1", ...signer, ...request);
    return {
      certificateAuthority: readFileSync(file("ca.crt"), "utf8"),
      certificate: readFileSync(file("crt"), "utf8"),
      privateKey: readFileSync(file("key"), "utf8"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
