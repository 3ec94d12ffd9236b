import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { certificateExpiry } from "../../../drift/certificate-expiry";
import type { ManifestEntry } from "../../../components/plan/manifest";
import { HostFacts } from "../../../drift/host-facts";

const now = new Date("2026-06-01T12:00:00Z");

const sha256 = "0".repeat(64);

/** The plan of one certificate, which may lie there by other content, or not at all. */
function manifestOf(path: string): ManifestEntry[] {
  const owned = { owner: "root", group: "root", mode: "0644" };
  return [{ kind: "file", path, ...owned, sha256, shown: "-----BEGIN CERTIFICATE-----" }];
}

function facts(told: Readonly<Record<string, readonly [exit: number, output: string]>>): HostFacts {
  const lines = Object.entries(told).map(([fact, [exit, output]]) =>
    JSON.stringify({ fact, exit, output: Buffer.from(output).toString("base64") }),
  );
  return HostFacts.parse([...lines, '{"complete":true}\n'].join("\n"));
}

function look(
  answer: string,
  path = "/etc/x.crt",
  begin = "Jul  1 12:00:00 2025 GMT",
  at = now,
): ReturnType<typeof certificateExpiry> {
  const said = facts({ "certificate 0": [0, `notBefore=${begin}\n${answer}`] });
  return certificateExpiry(manifestOf(path), said, at);
}

/** What a failing openssl gives, of a file with some content. */
function failedLook(exit: number, content: string | undefined): ReturnType<typeof certificateExpiry> {
  const path = "/etc/x.crt";
  const said = facts({
    "certificate 0": [exit, ""],
    paths: content === undefined ? [1, ""] : [0, [path, "f", "root", "root", "644", "", ""].join("\0")],
    checksums: content === undefined ? [1, ""] : [0, `${content}  ${path}\0`],
  });
  return certificateExpiry(manifestOf(path), said, now);
}

describe("a certificate on a host", () => {
  it("that is good for long is not spoken of", () => {
    assert.deepEqual(look("notAfter=Jul  2 12:00:00 2026 GMT\n"), { findings: [], warnings: [] });
  });

  it("that ends within thirty days is a warning", () => {
    const { findings, warnings } = look("notAfter=Jun 30 12:00:00 2026 GMT\n");
    assert.deepEqual(findings, []);
    assert.match(
      warnings.join(),
      /^certificate \/etc\/x\.crt ends 2026-06-30T12:00:00\.000Z: run up, which issues anew/,
    );
  });

  it("that lives for a short time is a warning in the last tenth of it", () => {
    const month = "Jun  1 00:00:00 2026 GMT";
    const near = new Date("2026-06-28T12:00:00Z");
    const warnings = (end: string): number =>
      look(`notAfter=${end}\n`, "/etc/x.crt", month, near).warnings.length;
    assert.equal(warnings("Jul  2 00:00:00 2026 GMT"), 0);
    assert.equal(warnings("Jul  1 00:00:00 2026 GMT"), 1);
  });

  it("that is an authority's is renewed by a rotation, not by up", () => {
    const soon = "notAfter=Jun 30 12:00:00 2026 GMT\n";
    for (const path of [
      "/etc/kubernetes/pki/ca.crt",
      "/etc/kubernetes/pki/trusted-authorities.crt",
      "/x/etcd-ca.crt",
    ]) {
      assert.match(look(soon, path).warnings.join(), /rotate the authorities before that day/, path);
    }
    assert.match(look(soon, "/etc/kubernetes/pki/africa.crt").warnings.join(), /run up/);
  });

  it("that has ended is a finding", () => {
    const { findings, warnings } = look("notAfter=Jun  1 11:59:59 2026 GMT\n");
    assert.deepEqual(warnings, []);
    assert.equal(findings[0]?.found, "ended 2026-06-01T11:59:59.000Z");
  });

  it("that is not there, or is another file, is said by the comparison of files", () => {
    for (const content of [undefined, "1".repeat(64)]) {
      assert.deepEqual(failedLook(1, content), { findings: [], warnings: [] });
    }
  });

  it("that openssl does not understand, though it is the plan's, was not looked at", () => {
    assert.throws(() => failedLook(1, sha256), /openssl .* could not say when \/etc\/x\.crt ends \(exit 1\)/);
  });

  it("was not looked at where there is no openssl, or it can't be started", () => {
    for (const exit of [126, 127]) {
      assert.throws(() => failedLook(exit, sha256), new RegExp(`could not say when .* \\(exit ${exit}\\)`));
      assert.throws(
        () => failedLook(exit, undefined),
        new RegExp(`could not say when .* \\(exit ${exit}\\)`),
      );
    }
  });
});
