import { renderWebhookKubeconfig } from "./webhook-kubeconfig";

/** A server that is asked whether a request is allowed (kubernetes.io/docs/reference/access-authn-authz/webhook). */
export interface AuthorizationWebhookOptions {
  /** https URL that SubjectAccessReviews are posted to. */
  readonly server: string;
  /** PEM of the authorities that the server's certificate is verified against. */
  readonly certificateAuthority: string;
  /** Seconds that an allowed answer is good for; 0: it is asked every time. */
  readonly authorizedTtlSeconds: number;
  /** Seconds that a refusal is good for; 0: it is asked every time. */
  readonly unauthorizedTtlSeconds: number;
  /** Seconds until `failurePolicy` decides. */
  readonly timeoutSeconds: number;
  readonly failurePolicy: "Deny" | "NoOpinion";
  /** CEL expressions; the server is asked when all are true. */
  readonly matchConditions: readonly string[];
}

/** The file in kubeconfig format by which the API server finds the webhook. */
export function authorizationWebhookKubeconfig(options: AuthorizationWebhookOptions): string {
  return renderWebhookKubeconfig({ name: "subject-access-review", ...options });
}

/** The webhook's entry of an AuthorizationConfiguration (apiserver.config.k8s.io/v1). */
export function webhookAuthorizer(options: AuthorizationWebhookOptions, kubeConfigFile: string): object {
  const cache = (ttlSeconds: number): { use: boolean; ttl: string } => ({
    use: ttlSeconds > 0,
    // Kubernetes wants a time here even where nothing is kept.
    ttl: `${Math.max(1, ttlSeconds)}s`,
  });
  const authorized = cache(options.authorizedTtlSeconds);
  const unauthorized = cache(options.unauthorizedTtlSeconds);
  return {
    authorizedTTL: authorized.ttl,
    cacheAuthorizedRequests: authorized.use,
    unauthorizedTTL: unauthorized.ttl,
    cacheUnauthorizedRequests: unauthorized.use,
    timeout: `${options.timeoutSeconds}s`,
    subjectAccessReviewVersion: "v1",
    matchConditionSubjectAccessReviewVersion: "v1",
    failurePolicy: options.failurePolicy,
    matchConditions: options.matchConditions.map((expression) => ({ expression })),
    connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
  };
}
