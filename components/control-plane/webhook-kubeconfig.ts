import { stringify } from "yaml";
import { ownFile } from "./api-server-part";

/** Where an API server asks about others. */
export interface WebhookTarget {
  /** Name of the entry, as in `token-review`. */
  readonly name: string;
  /** https URL. */
  readonly server: string;
  /** PEM of the authorities that the server's certificate is verified against. */
  readonly certificateAuthority: string;
}

/**
 * The file in kubeconfig format by which an API server finds a webhook (kubernetes.io/docs/reference/access-authn-authz/webhook). It
 * shows the certificate that the stack makes for this alone; the file names the key's path and holds no secret.
 */
export function renderWebhookKubeconfig({ name, server, certificateAuthority }: WebhookTarget): string {
  const user = "kube-apiserver";
  const authority = Buffer.from(certificateAuthority).toString("base64");
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server, "certificate-authority-data": authority } }],
      users: [
        {
          name: user,
          user: {
            "client-certificate": ownFile("webhook-client.crt"),
            "client-key": ownFile("webhook-client.key"),
          },
        },
      ],
      contexts: [{ name, context: { cluster: name, user } }],
      "current-context": name,
    },
    // One line per value, however long: base64 must not be folded.
    { lineWidth: 0 },
  );
}
