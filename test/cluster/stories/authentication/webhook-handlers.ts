import type { WebhookHandlers } from "../../../support/webhook-server";

/** A bearer token that the tests' server vouches for: whose it is, and a text that keeps it out of the API server's cache. */
export function reviewedToken(username: string, text: string): string {
  return `reviewed-${username}-${text}`;
}

/** A server that knows tokens of {@link reviewedToken}: all their bearers are viewers of the namespace `app`. */
export const handlers: WebhookHandlers = {
  "/authenticate": (body) => {
    const { token } = (body as { spec: { token: string } }).spec;
    const username = /^reviewed-([a-z]+)-/.exec(token)?.[1];
    const status =
      username === undefined
        ? { authenticated: false, error: "this token is not of this house" }
        : { authenticated: true, user: { username, uid: "4711", groups: ["app-viewers"] } };
    return { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status };
  },
};
