import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import type { HopAccess, HostAccess } from "../drift/stack-state";

/** Seconds until a host that does not answer is given up. */
const connectSeconds = 30;
/**
 * Seconds in which a refused connection is tried again: sshd that was told to read its configuration anew starts its own program
 * again, and nobody listens meanwhile (sshd(8), SIGHUP).
 */
const refusalSeconds = 5;
/** Seconds until a look that does not end is given up. */
const lookSeconds = 120;

/** Only the pinned key is asked for: a host with several would else show another. RSA keys sign by newer names (RFC 8332). */
function hostKeyAlgorithms(type: string): ServerHostKeyAlgorithm[] {
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type as ServerHostKeyAlgorithm];
}

/** How ssh2 reaches a host that shows the pinned key, and no other. */
function connectConfig(access: HopAccess, sock: Duplex | undefined): ConnectConfig {
  const [type = "", pinned = ""] = (access.hostKey ?? "").split(" ");
  // As the engine does: a bastion that is entered by the operator's own key has none in the state.
  const agent = process.env["SSH_AUTH_SOCK"];
  if (pinned === "") throw new Error(`the stack knows no host key of ${access.host}`);
  return {
    host: access.host,
    port: access.port ?? 22,
    username: access.user ?? "root",
    ...(access.privateKey === undefined ? {} : { privateKey: access.privateKey }),
    ...(access.privateKey === undefined && agent !== undefined ? { agent } : {}),
    ...(sock === undefined ? {} : { sock }),
    readyTimeout: connectSeconds * 1000,
    algorithms: { serverHostKey: hostKeyAlgorithms(type) },
    hostVerifier: (key: Buffer) => key.toString("base64") === pinned,
  };
}

/** A connection that is logged in. */
function login(config: ConnectConfig): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("ready", () => {
      resolve(client);
    });
    client.on("error", reject);
    // A server that hangs up after its banner is no error to ssh2.
    client.on("close", () => {
      reject(new Error(`${config.host ?? "the host"} hung up before the login had ended`));
    });
    client.connect(config);
  });
}

/** RFC 4254, section 5.1: SSH_OPEN_CONNECT_FAILED, the bastion's word for a refusal. */
const connectFailed = 2;

function isRefusal(error: unknown): boolean {
  const { code, reason } = error as { readonly code?: unknown; readonly reason?: unknown };
  return code === "ECONNREFUSED" || reason === connectFailed;
}

/** Tries again while the other side refuses, for some seconds. Every other failure is final. */
async function throughRefusals<Result>(seconds: number, attempt: () => Promise<Result>): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRefusal(error) || Date.now() >= end) throw error;
      await sleep(100);
    }
  }
}

/** The way to a host through the one in front of it. */
function forward(bastion: Client, { host, port = 22 }: HopAccess): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}

function execute(client: Client, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the look took longer than ${lookSeconds} s`));
    }, lookSeconds * 1000);
    client.exec("sudo --non-interactive bash -s", (error, channel) => {
      if (error !== undefined) {
        clearTimeout(timer);
        reject(error);
        return;
      }
      const out: Buffer[] = [];
      let complaint = "";
      channel.on("data", (chunk: Buffer) => out.push(chunk));
      channel.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
      // Also when the connection is lost: then without a code.
      channel.on("close", (code: number | undefined) => {
        clearTimeout(timer);
        if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
        else reject(new Error(`the look ended with ${code ?? "no code"}: ${complaint.trim().slice(-200)}`));
      });
      channel.end(script);
    });
  });
}

/** A logged-in host, on which scripts are run as root. */
export interface HostSession {
  /** Runs a script and gives its stdout. */
  readonly run: (script: string) => Promise<string>;
}

/**
 * Logs in to a host as the stack does, through its bastion where it has one, and logs out when `use` has ended.
 *
 * @param patience Seconds in which refused connections are tried again.
 * @throws when the host does not answer, shows another key than the pinned one, or does not let the stack's key in.
 */
export async function withHost<Result>(
  access: HostAccess,
  use: (session: HostSession) => Promise<Result>,
  patience: number = refusalSeconds,
): Promise<Result> {
  const { proxy } = access;
  const bastion =
    proxy === undefined
      ? undefined
      : await throughRefusals(patience, () => login(connectConfig(proxy, undefined)));
  try {
    const client = await throughRefusals(patience, async () =>
      login(connectConfig(access, bastion === undefined ? undefined : await forward(bastion, access))),
    );
    try {
      return await use({ run: (script) => execute(client, script) });
    } finally {
      client.end();
    }
  } finally {
    bastion?.end();
  }
}
