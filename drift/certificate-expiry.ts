import type { ManifestEntry } from "../components/plan/manifest";
import type { Finding } from "./finding";
import type { HostFacts } from "./host-facts";
import { certificatePaths, entriesOf } from "./look-script";

/**
 * Certificates that end sooner are spoken of, or in the last tenth of their life where that is shorter: kubelets renew theirs before
 * (kubernetes.io, "Configure Certificate Rotation for the Kubelet").
 */
const warningDays = 30;
const warningPart = 0.1;
const day = 24 * 60 * 60 * 1000;

const leafAdvice =
  "run up, which issues anew what ends within pki.renewBeforeHours; the kubelet renews its client certificate itself while it runs";

const authorityAdvice =
  'rotate the authorities before that day (docs/authentication.md, "To rotate the authorities")';

/** Authorities lie in files of their own, which pki.epoch leaves as they are. */
function adviceFor(path: string): string {
  return /(^|[/-])(ca|authorities)\.crt$/.test(path) ? authorityAdvice : leafAdvice;
}

/** One of the times that openssl-x509(1) says; undefined when there is no certificate. */
function timeOf(name: "notBefore" | "notAfter", answer: string): Date | undefined {
  const text = new RegExp(`^${name}=(.+)$`, "m").exec(answer)?.[1];
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** How a shell says that a program can't be started (126), or is not there (127). */
const notStarted = 126;

/** Whether a file is there, with the content that the plan gave it. */
function isAsPlanned(path: string, manifest: readonly ManifestEntry[], facts: HostFacts): boolean {
  const planned = entriesOf(manifest, "file").find((file) => file.path === path);
  return planned !== undefined && facts.paths.has(path) && facts.checksums.get(path) === planned.sha256;
}

/**
 * Certificates as they lie on the host: those that have ended are findings, those that will soon are warnings.
 *
 * @throws when openssl is not there, or does not understand what the plan wrote: a certificate of which nothing is known would count as
 *   one that does not end.
 */
export function certificateExpiry(
  manifest: readonly ManifestEntry[],
  facts: HostFacts,
  now: Date,
): { readonly findings: readonly Finding[]; readonly warnings: readonly string[] } {
  const findings: Finding[] = [];
  const warnings: string[] = [];
  for (const [index, path] of certificatePaths(manifest).entries()) {
    const { exit, output } = facts.answer(`certificate ${index}`);
    // That a file is missing or another is said where files are compared; the kubelet makes its own when it first runs.
    if (exit >= notStarted || (exit !== 0 && isAsPlanned(path, manifest, facts))) {
      throw new Error(`openssl on the host could not say when ${path} ends (exit ${exit})`);
    }
    const begin = timeOf("notBefore", output);
    const end = timeOf("notAfter", output);
    if (begin === undefined || end === undefined) continue;
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
    } else if (left < Math.min(warningDays * day, warningPart * (end.getTime() - begin.getTime()))) {
      warnings.push(`${subject} ends ${end.toISOString()}: ${adviceFor(path)}`);
    }
  }
  return { findings, warnings };
}
