import { unknown } from "../judge";
import { replace, wordsBefore, type Edit } from "../scripts";
import { flagCases, furtherInputs, furtherScripts, inputCases, type CaseTable } from "./cases";

const apiService = "kubernetes:apiregistration.k8s.io/v1:APIService";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const caBundle = base64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
const service = { name: "metrics-server", namespace: "kube-system" };
const spec = (own: object): Record<string, unknown> => ({
  metadata: { name: "v1beta1.metrics.k8s.io" },
  spec: { group: "metrics.k8s.io", version: "v1beta1", service, ...own },
});

const unit = "\nfile /etc/systemd/system/metrics-server.service ";
/** A manifest that a host's plan writes. */
const manifest = (content: string): Edit =>
  replace(unit, `\nfile /etc/kubernetes/manifests/api.yaml root root 600 <<'END'\n${content}END\n${unit}`);

/** Rules on servers behind the API server. */
export const aggregationTable: CaseTable = {
  "aggregation-verified-server": {
    alsoGood: furtherInputs(apiService, {
      "one that says that nothing is skipped": spec({ caBundle, insecureSkipTLSVerify: false }),
    }),
    alsoBad: [
      ...furtherInputs(`${apiService}Patch`, {
        "a patch that has it skipped": {
          metadata: { name: "v1beta1.metrics.k8s.io" },
          spec: { insecureSkipTLSVerify: true },
        },
      }),
      ...furtherInputs(`${apiService}List`, {
        "one of a list": { items: [spec({ caBundle }), spec({ insecureSkipTLSVerify: true })] },
      }),
      ...furtherInputs(apiService, {
        "a bundle that is empty": spec({ caBundle: "" }),
        "a bundle that holds a key and no certificate": spec({
          caBundle: base64("-----BEGIN PUBLIC KEY-----\n"),
        }),
      }),
      ...furtherScripts("metricsServer", {
        "one in a file of a host": manifest(
          "kind: APIService\nmetadata: { name: v1beta1.metrics.k8s.io }\nspec: { insecureSkipTLSVerify: true }\n",
        ),
      }),
    ],
    ...inputCases(apiService, {
      good: spec({ caBundle }),
      // The API server's own.
      nearGood: { metadata: { name: "v1.apps" }, spec: { group: "apps", version: "v1" } },
      // It trusts what its host trusts.
      nearBad: spec({}),
      bad: spec({ insecureSkipTLSVerify: true }),
      unknown: spec({ caBundle: unknown }),
    }),
  },
  "aggregation-verified-kubelets": {
    alsoBad: furtherScripts("metricsServer", {
      "a flag without a value": wordsBefore("metrics-server", "--kubelet-insecure-tls"),
      "a boolean of another spelling": wordsBefore("metrics-server", "--kubelet-insecure-tls=T"),
    }),
    ...flagCases("metrics-server", {
      nearGood: ["kubelet-insecure-tls", "false"],
      nearBad: ["deprecated-kubelet-completely-insecure", "true"],
      bad: ["kubelet-insecure-tls", "true"],
    }),
  },
};
