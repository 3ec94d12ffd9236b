import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { KeyPair } from "./certificates";

/** Who may pull. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  /** `token`: by a server of tokens that the registry names (distribution/spec, "Token Authentication Specification"). */
  readonly scheme: "basic" | "token";
}

/** One port of {@link RegistryServer}, a registry by itself. */
export interface RegistryDoor {
  readonly port: number;
  /** What it shows. */
  readonly identity: KeyPair;
  /** Default: everybody may. */
  readonly login?: RegistryLogin;
}

/** An image of one layer, as a registry gives it away. */
export interface ServedImage {
  readonly manifest: string;
  readonly mediaType: string;
  /** Files by their sha256, in Base64. */
  readonly blobs: Readonly<Record<string, string>>;
}

/** Settings of {@link RegistryServer}. */
export interface RegistryServerOptions {
  /** IPv4 address of this box to listen on. */
  readonly address: string;
  readonly doors: readonly RegistryDoor[];
  /** What every repository has under every tag. */
  readonly image: ServedImage;
}

/** A request that came through the handshake. */
export interface RegistryRequest {
  readonly port: number;
  readonly method: string;
  /** With its query, by which a mirror is told the registry that is meant. */
  readonly url: string;
  /** Whether it was let in. */
  readonly admitted: boolean;
}

/** What the server's process is told. */
export type RegistryOrder =
  ({ readonly what: "start" } & RegistryServerOptions) | { readonly what: "take-requests" };

/** What it answers. */
export interface RegistryReply {
  readonly requests: RegistryRequest[];
  readonly error?: string;
}

/**
 * Real registries over TLS, as far as pulls go (opencontainers/distribution-spec, "Pull"), each on a port of its own. They are a process
 * of their own, because tests wait for kubectl synchronously and could not answer meanwhile.
 */
export class RegistryServer {
  readonly #child: ChildProcess;

  public constructor() {
    this.#child = fork(path.join(__dirname, "registry-server-process.ts"), [], {
      cwd: __dirname,
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  /** Listens on every port. */
  public async start(options: RegistryServerOptions): Promise<void> {
    await this.#order({ what: "start", ...options });
  }

  /** The requests since it was asked last. */
  public async takeRequests(): Promise<readonly RegistryRequest[]> {
    return (await this.#order({ what: "take-requests" })).requests;
  }

  /** Ends the process; nothing works afterwards. */
  public async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  async #order(order: RegistryOrder): Promise<RegistryReply> {
    const answered = once(this.#child, "message") as Promise<[RegistryReply]>;
    this.#child.send(order);
    const [reply] = await answered;
    if (reply.error !== undefined) throw new Error(`registry server: ${order.what}: ${reply.error}`);
    return reply;
  }
}
