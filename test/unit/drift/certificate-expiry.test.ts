import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { certificateExpiry } from "../../../drift/certificate-expiry";
import { HostFacts } from "../../../drift/host-facts";

const now = new Date("2026-06-01T12:00:00Z");

function look(
  answer: string,
  path = "/etc/x.crt",
  begin = "Jul  1 12:00:00 2025 GMT",
  at = now,
): ReturnType<typeof certificateExpiry> {
  const output = Buffer.from(answer === "" ? "" : `notBefore=${begin}\n${answer}`).toString("base64");
  const fact = JSON.stringify({ fact: "certificate 0", exit: 0, output });
  return certificateExpiry([path], HostFacts.parse(`${fact}\n{"complete":true}\n`), at);
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

  it("that is not there is said by the comparison of files", () => {
    assert.deepEqual(look(""), { findings: [], warnings: [] });
  });
});
