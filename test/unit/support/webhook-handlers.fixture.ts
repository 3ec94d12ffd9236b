import type { WebhookHandlers } from "../../support/webhook-server";

/** Says what it was sent. */
export const handlers: WebhookHandlers = { "/echo": (body) => ({ echo: body }) };
