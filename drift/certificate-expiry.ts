import type { Finding } from "./finding";
import type { HostFacts } from "./host-facts";

/** Certificates that end sooner are spoken of. */
const warningDays = 30;
const day = 24 * 60 * 60 * 1000;

const leafAdvice =
  "change pki.epoch and run up, which issues all leaf certificates anew; the kubelet renews its client certificate itself while it runs";

const authorityAdvice =
  'rotate the authorities before that day (docs/authentication.md, "To rotate the authorities")';

/** Authorities lie in files of their own, which pki.epoch leaves as they are. */
function adviceFor(path: string): string {
  return /(^|[/-])(ca|authorities)\.crt$/.test(path) ? authorityAdvice : leafAdvice;
}

/** What `openssl x509 -enddate` says, as a time; undefined when there is no certificate. */
function endOf(answer: string): Date | undefined {
  const text = /^notAfter=(.+)$/m.exec(answer)?.[1];
  const end = new Date(text ?? "");
  return Number.isNaN(end.getTime()) ? undefined : end;
}

/** Certificates as they lie on the host: those that have ended are findings, those that will soon are warnings. */
export function certificateExpiry(
  certificates: readonly string[],
  facts: HostFacts,
  now: Date,
): { readonly findings: readonly Finding[]; readonly warnings: readonly string[] } {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  for (const [index, path] of certificates.entries()) {
    const end = endOf(facts.answer(`certificate ${index}`).output);
    // That a file is missing or another is said where files are compared; the kubelet makes its own when it first runs.
    if (end === undefined) continue;
    const left = end.getTime() - now.getTime();
    const subject = `certificate ${path}`;
    if (left <= 0) {
      findings.push({
        subject,
        wanted: "valid",
        found: `ended ${end.toISOString()}`,
        diff: [],
        repair: { by: "hand", advice: adviceFor(path) },
      });
    } else if (left < warningDays * day) {
      warnings.push(`${subject} ends ${end.toISOString()}: ${adviceFor(path)}`);
    }
  }
  return { findings, warnings };
}
