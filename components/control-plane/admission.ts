import { stringify } from "yaml";

/** A Pod Security Standard (kubernetes.io/docs/concepts/security/pod-security-standards). */
export type PodSecurityLevel = "privileged" | "baseline" | "restricted";

/** What the PodSecurity admission plugin does in a namespace that does not say otherwise by label. */
export interface PodSecurityDefaults {
  readonly enforce: PodSecurityLevel;
  readonly warn: PodSecurityLevel;
  readonly audit: PodSecurityLevel;
}

/**
 * Admission plugins beside those that are on by default: NodeRestriction (CIS 1.2.14), EventRateLimit (1.2.9),
 * DenyServiceExternalIPs (1.2.3). AlwaysPullImages (1.2.11) is left out: images are preloaded, and pods of a cluster without
 * a registry could not start.
 */
export const admissionPlugins: readonly string[] = [
  "DenyServiceExternalIPs",
  "EventRateLimit",
  "NodeRestriction",
];

/** The AdmissionConfiguration file of the API server. */
export function renderAdmissionConfiguration(podSecurity: PodSecurityDefaults): string {
  return stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: [
      {
        name: "PodSecurity",
        configuration: {
          apiVersion: "pod-security.admission.config.k8s.io/v1",
          kind: "PodSecurityConfiguration",
          defaults: {
            enforce: podSecurity.enforce,
            "enforce-version": "latest",
            audit: podSecurity.audit,
            "audit-version": "latest",
            warn: podSecurity.warn,
            "warn-version": "latest",
          },
          exemptions: { usernames: [], runtimeClasses: [], namespaces: [] },
        },
      },
      {
        name: "EventRateLimit",
        configuration: {
          apiVersion: "eventratelimit.admission.k8s.io/v1alpha1",
          kind: "Configuration",
          // A pod that crashes in a loop must not fill etcd; the figures are those of the Kubernetes documentation's example.
          limits: [
            { type: "Namespace", qps: 50, burst: 100, cacheSize: 2000 },
            { type: "User", qps: 10, burst: 50, cacheSize: 2000 },
          ],
        },
      },
    ],
  });
}
