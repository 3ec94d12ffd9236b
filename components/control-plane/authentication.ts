import { paths } from "../plan/paths";
import { ownFile, type ApiServerPart } from "./api-server-part";

/** What the ways to prove who one is depend on. */
export interface AuthenticationOptions {
  readonly clusterDomain: string;
}

/**
 * Who a caller is: a client certificate (`--client-ca-file`) or a service account token. Anonymous requests are refused, health
 * endpoints included. Ids are of CIS Kubernetes 1.12.
 */
export function authentication({ clusterDomain }: AuthenticationOptions): ApiServerPart {
  return {
    flags: {
      "anonymous-auth": false, // 1.2.1
      "client-ca-file": `${paths.pki}/ca.crt`, // 1.2.25
      "service-account-issuer": `https://kubernetes.default.svc.${clusterDomain}`,
      "service-account-key-file": `${paths.pki}/sa.pub`, // 1.2.22
      "service-account-signing-key-file": ownFile("sa.key"),
      "service-account-lookup": true, // 1.2.21
      "service-account-extend-token-expiration": false, // 1.2.30
    },
    files: [],
  };
}
