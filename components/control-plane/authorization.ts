import { stringify } from "yaml";
import { renderAbacPolicy, type AbacEntry } from "./abac-policy";
import { configurationFile, ownFile, type ApiServerPart } from "./api-server-part";
import {
  authorizationWebhookKubeconfig,
  webhookAuthorizer,
  type AuthorizationWebhookOptions,
} from "./authorization-webhook";

/** What decides who may do what. */
export interface AuthorizationOptions {
  /** Modes, in order: the first that allows or denies decides. */
  readonly authorizationMode: readonly string[];
  readonly authorization: {
    /** Policy of mode ABAC. */
    readonly abac: readonly AbacEntry[];
    /** The server of mode Webhook. Default: none is asked. */
    readonly webhook?: AuthorizationWebhookOptions | undefined;
  };
}

/** Files of this subject; those that the modes do not need are removed. */
const files = {
  configuration: "authorization.yaml",
  webhook: "authorization-webhook.yaml",
  abac: "abac-policy.jsonl",
};

/**
 * What a caller may do (kubernetes.io/docs/reference/access-authn-authz/authorization). Ids are of CIS Kubernetes 1.12. Flags say it
 * wherever they can, because people and CIS checks read them. They can't say what happens when a webhook does not answer (by flags
 * it has no opinion then), nor when to ask it; so with a webhook an AuthorizationConfiguration says it all, which excludes the flag
 * of the modes.
 */
export function authorization({
  authorizationMode,
  authorization: decides,
}: AuthorizationOptions): ApiServerPart {
  const { abac, webhook } = decides;
  const usesAbac = authorizationMode.includes("ABAC");
  const policy = usesAbac ? [configurationFile(files.abac, renderAbacPolicy(abac))] : [];
  const structured = webhook === undefined ? [] : structuredFiles(authorizationMode, webhook);
  const written = [...policy, ...structured];
  const paths = new Set(written.map(({ path }) => path));
  return {
    flags: {
      // 1.2.6–1.2.8
      ...(webhook === undefined
        ? { "authorization-mode": authorizationMode }
        : { "authorization-config": ownFile(files.configuration) }),
      "authorization-policy-file": usesAbac ? ownFile(files.abac) : undefined,
    },
    files: written,
    absent: Object.values(files)
      .map(ownFile)
      .filter((path) => !paths.has(path)),
  };
}

/** The AuthorizationConfiguration, and what it refers to. */
function structuredFiles(
  modes: readonly string[],
  webhook: AuthorizationWebhookOptions,
): ApiServerPart["files"] {
  const authorizers = modes.map((type) => ({
    type,
    // Kubernetes wants built-in modes to be named so.
    name: type.toLowerCase(),
    ...(type === "Webhook" ? { webhook: webhookAuthorizer(webhook, ownFile(files.webhook)) } : {}),
  }));
  const configuration = stringify(
    { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers },
    { lineWidth: 0 },
  );
  return [
    configurationFile(files.configuration, configuration),
    configurationFile(files.webhook, authorizationWebhookKubeconfig(webhook)),
  ];
}
