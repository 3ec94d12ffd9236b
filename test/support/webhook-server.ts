import path from "node:path";
import { ServerProcess } from "./server-process";
import type { TestIdentity } from "./webhook-identity";

/** Answers by path; the body is the review that the API server sent, parsed. */
export type WebhookHandlers = Readonly<Record<string, (body: unknown) => unknown>>;

/** Settings of {@link WebhookServer}. */
export interface WebhookServerOptions {
  /** What it shows: its name must be the address. */
  readonly identity: TestIdentity;
  /** PEM of the authority whose clients it lets in; everybody else fails in the handshake. */
  readonly clientAuthority: string;
  /** IPv4 address of this box to listen on. */
  readonly address: string;
  readonly port: number;
  /** Absolute path of a module that exports `handlers`: {@link WebhookHandlers}. */
  readonly handlersModule: string;
}

/** A request that was let in. */
export interface ServedRequest {
  readonly path: string;
  /** CN of the client's certificate. */
  readonly client: string;
  readonly body: unknown;
}

/** What the server's process is told. */
export type WebhookOrder =
  | ({ readonly what: "start" } & WebhookServerOptions)
  | { readonly what: "stop" | "take-requests" }
  | { readonly what: "delay"; readonly milliseconds: number };

/** A real HTTPS server that reviews: mutual TLS, handlers by path, a latency, up and down. */
export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #process = new ServerProcess<WebhookOrder, ServedRequest>(
    "webhook server",
    path.join(__dirname, "webhook-server-process.ts"),
  );

  public constructor(options: WebhookServerOptions) {
    this.#options = options;
  }

  /** Listens; what was stopped may be started again. */
  public async start(): Promise<void> {
    await this.#process.order({ what: "start", ...this.#options });
  }

  /** Ends every connection and listens no more. */
  public async stop(): Promise<void> {
    await this.#process.order({ what: "stop" });
  }

  /** Lets every answer wait. Default: 0. */
  public async delay(milliseconds: number): Promise<void> {
    await this.#process.order({ what: "delay", milliseconds });
  }

  /** The requests that were let in since it was asked last. */
  public takeRequests(): Promise<readonly ServedRequest[]> {
    return this.#process.order({ what: "take-requests" });
  }

  /** Ends the process; nothing works afterwards. */
  public close(): Promise<void> {
    return this.#process.close();
  }
}
