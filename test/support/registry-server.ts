import path from "node:path";
import type { KeyPair } from "./certificates";
import { ServerProcess } from "./server-process";

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

/**
 * Real registries over TLS, as far as pulls go (opencontainers/distribution-spec, "Pull"), each on a port of its own.
 */
export class RegistryServer {
  readonly #process = new ServerProcess<RegistryOrder, RegistryRequest>(
    "registry server",
    path.join(__dirname, "registry-server-process.ts"),
  );

  /** Listens on every port. */
  public async start(options: RegistryServerOptions): Promise<void> {
    await this.#process.order({ what: "start", ...options });
  }

  /** The requests since it was asked last. */
  public takeRequests(): Promise<readonly RegistryRequest[]> {
    return this.#process.order({ what: "take-requests" });
  }

  /** Ends the process; nothing works afterwards. */
  public close(): Promise<void> {
    return this.#process.close();
  }
}
