import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { certificateProblems } from "../../../components/config/certificate-checks";
import { makeAuthority, makeServerCertificate } from "../../support/certificates";

describe("certificates of authorities in the settings", () => {
  const authority = makeAuthority("directory authority");
  const rulesOf = (pem: string, now?: Date): string[] =>
    certificateProblems("x", pem, now).map(({ rule }) => rule);

  it("are taken, one or several", () => {
    assert.deepEqual(rulesOf(authority.certificate), []);
    assert.deepEqual(rulesOf(authority.certificate + makeAuthority("next").certificate), []);
  });

  it("are refused when they are a server's", () => {
    const server = makeServerCertificate(authority, ["DNS:ldap.example.org"]);
    assert.match(rulesOf(server.certificate).join(), /"CN=server" is no authority/);
  });

  it("are refused when they have expired", () => {
    assert.match(rulesOf(authority.certificate, new Date("2200-01-01")).join(), /expired/);
  });

  it("are refused when they are something else, or damaged", () => {
    assert.match(rulesOf("/etc/ssl/ca.pem").join(), /holds no certificate in PEM/);
    assert.match(rulesOf(authority.certificate.replace(/\n..../, "\nAAAA")).join(), /is damaged/);
  });

  it("are all looked at", () => {
    const server = makeServerCertificate(authority, ["DNS:ldap.example.org"]);
    assert.equal(rulesOf(server.certificate + server.certificate).length, 2);
  });
});
