import type { ApiServerPart } from "./api-server-part";

/** What decides who may do what. */
export interface AuthorizationOptions {
  /** Modes of `--authorization-mode`, in order: the first that has an opinion decides. */
  readonly authorizationMode: readonly string[];
}

/** What a caller may do (kubernetes.io/docs/reference/access-authn-authz/authorization). Ids are of CIS Kubernetes 1.12. */
export function authorization({ authorizationMode }: AuthorizationOptions): ApiServerPart {
  return { flags: { "authorization-mode": authorizationMode }, files: [] }; // 1.2.6–1.2.8
}
