import { configurationFile, type ApiServerPart } from "./api-server-part";
import { renderWebhookKubeconfig } from "./webhook-kubeconfig";

/** A server that reviews bearer tokens. */
export interface TokenWebhookOptions {
  /** https URL that TokenReviews are posted to. */
  readonly server: string;
  /** PEM of the authorities that the server's certificate is verified against. */
  readonly certificateAuthority: string;
  /** Seconds that an answer is good for. */
  readonly cacheTtlSeconds: number;
}

/**
 * Webhook token review (kubernetes.io/docs/reference/access-authn-authz/authentication, webhook token authentication). It fails
 * closed by nature: a token that nobody vouches for is refused, and other ways to log in do not wait for the server.
 */
export function tokenWebhook(options: TokenWebhookOptions | undefined): ApiServerPart {
  if (options === undefined) return { flags: {}, files: [] };
  const file = configurationFile(
    "token-webhook.yaml",
    renderWebhookKubeconfig({ name: "token-review", ...options }),
  );
  return {
    flags: {
      "authentication-token-webhook-config-file": file.path,
      "authentication-token-webhook-version": "v1",
      "authentication-token-webhook-cache-ttl": `${options.cacheTtlSeconds}s`,
    },
    files: [file],
  };
}
