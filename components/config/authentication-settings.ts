import { z } from "zod";
import { oidcIssuerSchema } from "./oidc-settings";

/** What who switches static tokens on must say (CIS 1.2.2; kubernetes.io/docs/reference/access-authn-authz/authentication). */
export const staticTokenRisk =
  "static tokens never expire, and one that leaks works until the API server has restarted without it";

/** A name that stands in the token file and in audit lines as it is: no comma, quote, white space or control character. */
const plainName = z
  .string()
  .max(64)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9@._:/-]*$/,
    "must begin with a letter or digit and hold only those and @ . _ : / -",
  );

const httpsUrl = z
  .string()
  .regex(/^https:\/\/[^\s?#@]+$/, "must be an https URL without user, query or fragment");

const keyGeneration = z.number().int().min(1);

const staticTokens = z.strictObject({
  acknowledgeRisk: z
    .literal(staticTokenRisk, `must say, word by word: ${staticTokenRisk}`)
    .optional()
    .describe(`Needed when there are users. Must be: "${staticTokenRisk}".`),
  users: z
    .array(
      z.strictObject({
        name: plainName.describe("User name; its token is `secrets.staticTokens.NAME`."),
        uid: plainName
          .optional()
          .describe(
            "UID that Kubernetes sees, for a name that is given to another one day. Default: the name.",
          ),
        groups: z
          .array(plainName)
          .default([])
          .describe("Groups. Those of Kubernetes and of the stack are refused."),
      }),
    )
    .default([])
    .describe("Who has a token. A change restarts the API server."),
});

const serviceAccounts = z.strictObject({
  issuer: httpsUrl
    .optional()
    .describe(
      "Issuer (`iss`) of new tokens, and their audience unless they name another (`--service-account-issuer`). Default: `https://kubernetes.default.svc.` and the cluster's domain.",
    ),
  acceptedIssuers: z
    .array(httpsUrl)
    .default([])
    .describe(
      "Former issuers whose tokens are still good; keep one until the last of its tokens has expired.",
    ),
  jwksUri: httpsUrl
    .optional()
    .describe(
      "Where verifiers outside find the keys, when not at the issuer (`--service-account-jwks-uri`); publish the output `serviceAccountIssuer` there.",
    ),
  discoveryGroups: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Groups that may read the issuer's discovery documents from the API server. Service accounts may without this.",
    ),
  maxTokenExpirationHours: z
    .number()
    .int()
    .min(1)
    .max(48)
    .default(24)
    .describe(
      "Longest lifetime of a token, in hours, whatever a pod asks for (`--service-account-max-token-expiration`).",
    ),
  signingKey: keyGeneration
    .default(1)
    .describe("Generation of the key that signs new tokens; docs/authentication.md says how to rotate."),
  acceptedKeys: z
    .array(keyGeneration)
    .min(1)
    .default([1])
    .describe("Generations of keys whose tokens are good. `signingKey` must be among them."),
});

const webhook = z.strictObject({
  server: httpsUrl.describe("URL that TokenReviews are posted to."),
  certificateAuthority: z
    .string()
    .describe("PEM of the authorities that the server's certificate is verified against."),
  cacheTtlSeconds: z
    .number()
    .int()
    .min(0)
    .max(600)
    .default(120)
    .describe(
      "Seconds that an answer is good for (`--authentication-token-webhook-cache-ttl`): so long a withdrawn token still works.",
    ),
});

/** Who a caller is; client certificates and people are under `access` and `pki`. */
export const authenticationSettings = z.strictObject({
  staticTokens: staticTokens.prefault({}).describe("Bearer tokens of a file (`--token-auth-file`)."),
  bootstrapTokens: z
    .boolean()
    .default(false)
    .describe(
      "Let bootstrap tokens in (`--enable-bootstrap-token-auth`), with which a node that is not of the stack may ask for a certificate. `npm run bootstrap-token` makes one.",
    ),
  serviceAccounts: serviceAccounts.prefault({}).describe("Tokens of service accounts."),
  oidc: z
    .array(oidcIssuerSchema)
    .default([])
    .describe("OpenID Connect issuers whose id tokens the API server takes, beside `identityProvider`."),
  webhook: webhook
    .optional()
    .describe(
      "A server that is asked who a bearer token belongs to. When it does not answer, the token is refused.",
    ),
});

type Parsed = z.infer<typeof authenticationSettings>;

/** Settings of {@link authenticationSettings}, with the defaults that depend on others. */
export type AuthenticationSettings = Parsed & { readonly serviceAccounts: { readonly issuer: string } };

/** The issuer of a cluster that says nothing else is a name that only pods resolve. */
export function defaultIssuer(clusterDomain: string): string {
  return `https://kubernetes.default.svc.${clusterDomain}`;
}

/** With the issuer filled in, which depends on the cluster's domain. */
export function fillAuthentication(parsed: Parsed, clusterDomain: string): AuthenticationSettings {
  const { issuer = defaultIssuer(clusterDomain) } = parsed.serviceAccounts;
  return { ...parsed, serviceAccounts: { ...parsed.serviceAccounts, issuer } };
}
