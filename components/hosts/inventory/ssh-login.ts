import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";

/** How one SSH server is reached. */
export interface SshHop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The pinned key, as `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Default: the keys of the operator's SSH agent. */
  readonly privateKey?: string | undefined;
}

/** Only the pinned key is asked for: a host with several would else show another. SHA-1 signatures are not offered (RFC 8332). */
function hostKeyAlgorithms(type: string): ServerHostKeyAlgorithm[] {
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type as ServerHostKeyAlgorithm];
}

/** How ssh2 reaches a server that shows the pinned key, and no other. */
export function pinnedLogin({ host, port, user, hostKey, privateKey }: SshHop): ConnectConfig {
  const [type = "", pinned = ""] = hostKey.split(" ");
  const agent = process.env["SSH_AUTH_SOCK"];
  const byAgent = agent === undefined ? {} : { agent };
  return {
    host,
    port,
    username: user,
    ...(privateKey === undefined ? byAgent : { privateKey }),
    algorithms: { serverHostKey: hostKeyAlgorithms(type) },
    hostVerifier: (shown: Buffer) => shown.equals(Buffer.from(pinned, "base64")),
  };
}

/**
 * How many milliseconds to wait after an error before another login; undefined unless the server hung up before one. OpenSSH drops
 * logins at random where many are under way (sshd_config(5), MaxStartups), so that those who come again must not come all at once.
 */
export function hangUpPause(error: unknown): number | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const isHangUp =
    code === "ECONNRESET" ||
    /Connection lost before handshake|hung up before the login/.test(String(message));
  return isHangUp ? 500 + Math.random() * 1000 : undefined;
}

/** A connection that is logged in. @throws what ssh2 says, or that the server hung up, which is no error to ssh2 after its banner. */
export function logIn(config: ConnectConfig): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client
      .on("ready", () => {
        resolve(client);
      })
      .on("error", reject)
      .on("close", () => {
        reject(new Error("the server hung up before the login had ended"));
      })
      .connect(config);
  });
}
