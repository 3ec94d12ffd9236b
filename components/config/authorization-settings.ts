import { z } from "zod";

/** Modes of `--authorization-mode` that are accepted; AlwaysAllow and AlwaysDeny are for tests of Kubernetes itself. */
export const authorizationModes = ["Node", "RBAC", "ABAC", "Webhook"] as const;

/** The setting `apiServer.authorizationMode`. */
export const authorizationMode = z
  .array(
    z.enum(
      authorizationModes,
      `must be one of ${authorizationModes.join(", ")}; AlwaysAllow is never accepted (CIS 1.2.6)`,
    ),
  )
  .min(1)
  .default(["Node", "RBAC"])
  .describe(
    "Modes of authorization, in order: the first that allows or denies decides. Node and RBAC must be there unless `authorization.waivers` says why not (CIS 1.2.7, 1.2.8).",
  );

const name = z.string().min(1).max(253);

const abacEntry = z.strictObject({
  user: name.optional().describe("User who gets it. This or `group`, or both: then the user must be in it."),
  group: name.optional().describe("Group that gets it."),
  namespace: z
    .string()
    .optional()
    .describe("Namespace, or `*` for all. Default: none, for resources that lie in no namespace."),
  resource: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Resource with its subresources, as `pods`, which is `pods/exec` too, or `*`. This or `nonResourcePath`.",
    ),
  apiGroup: z.string().optional().describe("API group, or `*`. Default: the core group."),
  nonResourcePath: z
    .string()
    .regex(/^\//, "must begin with /")
    .optional()
    .describe("Path that is no resource, as `/version`, or a prefix, as `/logs/*`."),
  readonly: z
    .boolean()
    .default(true)
    .describe(
      "Only get, list and watch. ABAC knows no subresources: on `pods` that is logs and proxy, too, and on Kubernetes 1.34 exec.",
    ),
});

const seconds = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);

const webhook = z.strictObject({
  server: z
    .string()
    .regex(/^https:\/\/[^\s?#@]+$/, "must be an https URL without user, query or fragment")
    .describe("URL that SubjectAccessReviews (authorization.k8s.io/v1) are posted to."),
  certificateAuthority: z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, "must be a certificate in PEM")
    .describe("PEM of the authorities that the server's certificate is verified against."),
  authorizedTtlSeconds: seconds(0, 600)
    .default(300)
    .describe(
      "Seconds that an allowed answer is good for: so long what was withdrawn still works. 0: ask every time.",
    ),
  unauthorizedTtlSeconds: seconds(0, 600)
    .default(30)
    .describe(
      "Seconds that a refusal is good for: so long what was granted does not work yet. 0: ask every time.",
    ),
  timeoutSeconds: seconds(1, 30).default(3).describe("Seconds until the failure policy decides."),
  failurePolicy: z
    .enum(["Deny", "NoOpinion"])
    .default("Deny")
    .describe(
      "What counts when the server does not answer. `NoOpinion` leaves it to the modes after it, and needs a waiver.",
    ),
  matchConditions: z
    .array(z.string().min(1).max(10_000))
    .max(64)
    .default([])
    .describe(
      "CEL expressions on the request, as `!('system:nodes' in request.groups)`; the server is asked when all are true. Default: about every request that gets so far.",
    ),
});

const waiver = z.strictObject({
  waives: z
    .enum(["Node", "RBAC", "NoOpinion"])
    .describe("What is accepted: a mode that is left out, or the failure policy NoOpinion."),
  reason: z.string().min(20, "must say why, in 20 characters at least").describe("Why, and who decided."),
  until: z.iso
    .date("must be a day, as 2027-01-31")
    .describe("Last day on which it counts (UTC); after it `up` fails until it is decided anew."),
});

/** What the modes of `apiServer.authorizationMode` decide by; RBAC's roles are under `access`. */
export const authorizationSettings = z.strictObject({
  abac: z
    .array(abacEntry)
    .default([])
    .describe("Policy of mode ABAC. A change restarts the API servers, one control plane at a time."),
  webhook: webhook
    .optional()
    .describe("The server of mode Webhook. API servers show it a certificate of `webhook-ca`."),
  waivers: z.array(waiver).default([]).describe("Exceptions, each with its reason and its end."),
});
