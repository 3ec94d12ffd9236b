import { objectRule } from "./kubernetes-objects";
import { equalsOrUnset, flagRule } from "./programs";
import type { Finding, ResourceRule } from "./rule";
import { fields } from "./structured-files";

/** Whether a `caBundle` holds a certificate: PEM, in base64. */
function holdsCertificate(bundle: unknown): boolean {
  if (typeof bundle !== "string") return false;
  return Buffer.from(bundle, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE-----");
}

/** Servers behind the API server, and whom they believe in turn. */
export const aggregationRules: readonly ResourceRule[] = [
  objectRule(
    ["APIService"],
    {
      id: "aggregation-verified-server",
      rule: "API servers verify who serves a part of the API, by an authority that the APIService names",
      why: "who stands in for that server gets every request to it, the asking user's name and groups included, and answers what it likes",
      source:
        "kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer; APIServiceSpec, apiregistration.k8s.io/v1",
      fix: "set caBundle to the PEM of the authority that signed the server's certificate, and leave insecureSkipTLSVerify out",
    },
    ({ content }): Finding[] => {
      const spec = fields(content["spec"]);
      if (spec["insecureSkipTLSVerify"] === true) return [{ what: "insecureSkipTLSVerify is true" }];
      // Without a service the API server serves it itself.
      if (Object.keys(fields(spec["service"])).length === 0 || holdsCertificate(spec["caBundle"])) return [];
      return [{ what: "caBundle holds no certificate, so any authority of the host's is believed" }];
    },
  ),
  flagRule(
    "metrics-server",
    {
      id: "aggregation-verified-kubelets",
      rule: "metrics-server verifies the certificates of kubelets",
      why: "who stands in for a kubelet decides by its figures how many pods an autoscaler runs",
      source: "github.com/kubernetes-sigs/metrics-server, Requirements",
      fix: "leave --kubelet-insecure-tls and --deprecated-kubelet-completely-insecure out, and set --kubelet-certificate-authority",
    },
    {
      "kubelet-insecure-tls": equalsOrUnset("false"),
      "deprecated-kubelet-completely-insecure": equalsOrUnset("false"),
    },
  ),
];
