/** One grant of the ABAC policy; names are those of abac.authorization.kubernetes.io/v1beta1, PolicySpec. */
export interface AbacEntry {
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  /** `*` is every namespace. Default: none, for resources that are in no namespace. */
  readonly namespace?: string | undefined;
  readonly resource?: string | undefined;
  /** Default: the core group. */
  readonly apiGroup?: string | undefined;
  readonly nonResourcePath?: string | undefined;
  /** Only get, list and watch. */
  readonly readonly: boolean;
}

/**
 * The file of `--authorization-policy-file`: one Policy a line (kubernetes.io/docs/reference/access-authn-authz/abac). The API server
 * reads it when it starts, and never again.
 */
export function renderAbacPolicy(entries: readonly AbacEntry[]): string {
  return entries
    .map(({ user, group, namespace, resource, apiGroup, nonResourcePath, readonly }) => {
      const spec = { user, group, namespace, resource, apiGroup, nonResourcePath, readonly };
      return `${JSON.stringify({ apiVersion: "abac.authorization.kubernetes.io/v1beta1", kind: "Policy", spec })}\n`;
    })
    .join("");
}
