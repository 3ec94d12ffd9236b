import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function inScratch<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), "redoubt-certificates-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

function pairIn(folder: string): KeyPair {
  const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");
  return { certificate: read("new.crt"), privateKey: read("new.key") };
}

/** A self-signed authority that is good for a day. */
export function makeAuthority(commonName: string): KeyPair {
  return inScratch((folder) => {
    const subject = ["-subj", `/CN=${commonName}`, "-days", "1", "-keyout", "new.key", "-out", "new.crt"];
    openssl(folder, ["req", "-x509", ...newKey, ...subject, "-addext", "basicConstraints=critical,CA:TRUE"]);
    return pairIn(folder);
  });
}

/**
 * A server's certificate.
 *
 * @param names Subject alternative names, as `IP:10.0.0.1` or `DNS:example.org`.
 * @param days 0 for one that has expired already. Default: 1.
 */
export function makeServerCertificate(authority: KeyPair, names: readonly string[], days = 1): KeyPair {
  return inScratch((folder) => {
    writeFileSync(path.join(folder, "ca.crt"), authority.certificate);
    writeFileSync(path.join(folder, "ca.key"), authority.privateKey, { mode: 0o600 });
    writeFileSync(path.join(folder, "extensions"), `subjectAltName=${names.join(",")}\n`);
    openssl(folder, ["req", ...newKey, "-subj", "/CN=server", "-keyout", "new.key", "-out", "new.csr"]);
    const signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", String(days)];
    openssl(folder, [
      "x509",
      "-req",
      "-in",
      "new.csr",
      ...signer,
      "-extfile",
      "extensions",
      "-out",
      "new.crt",
    ]);
    return pairIn(folder);
  });
}
