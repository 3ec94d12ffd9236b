import { ownFile, type ApiServerPart } from "./api-server-part";
import { joinParts } from "./join-parts";
import { serviceAccountTokens, type ServiceAccountTokenOptions } from "./service-account-tokens";
import { staticTokens, type StaticTokenUser } from "./static-tokens";
import { tokenWebhook, type TokenWebhookOptions } from "./token-webhook";

/** What the ways to prove who one is depend on. */
export interface AuthenticationOptions {
  readonly authentication: {
    readonly serviceAccounts: ServiceAccountTokenOptions;
    readonly staticTokens: { readonly users: readonly StaticTokenUser[] };
    /** Whether bootstrap tokens let a node ask for its first certificate. */
    readonly bootstrapTokens: boolean;
    /** Default: no server is asked. */
    readonly webhook?: TokenWebhookOptions | undefined;
  };
  /** Whether issuers are trusted, which the AuthenticationConfiguration names. Default: false. */
  readonly trustsIssuers?: boolean | undefined;
}

/** File of the authorities whose clients are let in: the cluster's own, and one of each person (`pki/host-files.ts`). */
const clientAuthorities = ownFile("client-ca.crt");

/**
 * Who a caller is: the bearer of a client certificate or of a token. Anonymous requests are refused, health endpoints included. Each
 * way is asked in turn, and who none of them knows gets 401. Ids are of CIS Kubernetes 1.12.
 */
export function authentication({
  authentication: ways,
  trustsIssuers,
}: AuthenticationOptions): ApiServerPart {
  const own: ApiServerPart = {
    flags: {
      "anonymous-auth": false, // 1.2.1
      "authentication-config": trustsIssuers === true ? ownFile("authentication.yaml") : undefined,
      "client-ca-file": clientAuthorities, // 1.2.25
      "enable-bootstrap-token-auth": ways.bootstrapTokens ? true : undefined,
    },
    files: [],
  };
  return joinParts([
    own,
    serviceAccountTokens(ways.serviceAccounts),
    staticTokens(ways.staticTokens.users),
    tokenWebhook(ways.webhook),
  ]);
}
