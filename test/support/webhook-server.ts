import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
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

/** What it answers. */
export interface WebhookReply {
  readonly requests: ServedRequest[];
  readonly error?: string;
}

/**
 * A real HTTPS server that reviews: mutual TLS, handlers by path, a latency, up and down. It is a process of its own, because tests
 * wait for kubectl synchronously and could not answer meanwhile.
 */
export class WebhookServer {
  readonly #options: WebhookServerOptions;
  readonly #child: ChildProcess;

  public constructor(options: WebhookServerOptions) {
    this.#options = options;
    const file = path.join(__dirname, "webhook-server-process.ts");
    this.#child = fork(file, [], {
      cwd: __dirname,
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  /** Listens; what was stopped may be started again. */
  public async start(): Promise<void> {
    await this.#order({ what: "start", ...this.#options });
  }

  /** Ends every connection and listens no more. */
  public async stop(): Promise<void> {
    await this.#order({ what: "stop" });
  }

  /** Lets every answer wait. Default: 0. */
  public async delay(milliseconds: number): Promise<void> {
    await this.#order({ what: "delay", milliseconds });
  }

  /** The requests that were let in since it was asked last. */
  public async takeRequests(): Promise<readonly ServedRequest[]> {
    return (await this.#order({ what: "take-requests" })).requests;
  }

  /** Ends the process; nothing works afterwards. */
  public async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  async #order(order: WebhookOrder): Promise<WebhookReply> {
    const answered = once(this.#child, "message") as Promise<[WebhookReply]>;
    this.#child.send(order);
    const [reply] = await answered;
    if (reply.error !== undefined) throw new Error(`webhook server: ${order.what}: ${reply.error}`);
    return reply;
  }
}
