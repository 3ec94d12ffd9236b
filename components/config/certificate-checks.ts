import { X509Certificate } from "node:crypto";
import type { Problem } from "./problem";

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** What is wrong with one certificate as an authority (RFC 5280, 4.2.1.9). */
function problemOf(pem: string, now: Date): { rule: string; fix: string } | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return { rule: "is damaged", fix: "copy the file again, whole" };
  }
  const name = certificate.subject.replaceAll("\n", ", ");
  if (!certificate.ca) {
    return { rule: `"${name}" is no authority`, fix: "give the certificate of who signed the server's" };
  }
  if (new Date(certificate.validTo) < now) {
    return { rule: `"${name}" expired ${certificate.validTo}`, fix: "give the one that replaced it" };
  }
  return undefined;
}

/**
 * What is wrong with a setting that holds certificates of authorities: a wrong one is found before anything is applied, and not by
 * people who can't log in.
 *
 * @param pem One certificate or more, in PEM.
 */
export function certificateProblems(setting: string, pem: string, now = new Date()): Problem[] {
  const certificates = pem.match(block) ?? [];
  if (certificates.length === 0) {
    const fix = "paste the file that begins with -----BEGIN CERTIFICATE-----";
    return [{ setting, value: pem.slice(0, 40), rule: "holds no certificate in PEM", fix }];
  }
  return certificates.flatMap((text) => {
    const found = problemOf(text, now);
    return found === undefined ? [] : [{ setting, value: "PEM", ...found }];
  });
}
