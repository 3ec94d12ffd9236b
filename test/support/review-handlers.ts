import type { WebhookHandlers } from "./webhook-server";

/** The part of a SubjectAccessReview that the reviewer of the tests reads (authorization.k8s.io/v1). */
interface Review {
  readonly spec: {
    readonly user?: string;
    readonly resourceAttributes?: { readonly resource?: string; readonly verb?: string };
  };
}

interface Verdict {
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
}

/** Lets `nobody` read endpoints, forbids her services with a word, and has no opinion of anything else. */
function judge({ spec }: Review): Verdict {
  const { resource, verb = "" } = spec.resourceAttributes ?? {};
  if (spec.user !== "nobody") return { allowed: false };
  if (resource === "endpoints" && ["get", "list", "watch"].includes(verb)) return { allowed: true };
  if (resource === "services") return { allowed: false, denied: true, reason: "the reviewer said no" };
  return { allowed: false };
}

/** A server that decides on requests, as mode Webhook asks it. */
export const handlers: WebhookHandlers = {
  "/authorize": (body) => ({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    status: judge(body as Review),
  }),
};
