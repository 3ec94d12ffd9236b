import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ConnectConfig } from "ssh2";
import { logIn, pinnedLogin } from "../components/hosts/inventory/ssh-login";
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

/** How ssh2 reaches a host of the state; what it leaves out is as for the command provider. */
function connectConfig(access: HopAccess, sock: Duplex | undefined): ConnectConfig {
  const { host, port = 22, user = "root", hostKey = "", privateKey } = access;
  if (hostKey === "") throw new Error(`the stack knows no host key of ${host}`);
  return {
    ...pinnedLogin({ host, port, user, hostKey, privateKey }),
    ...(sock === undefined ? {} : { sock }),
    readyTimeout: connectSeconds * 1000,
  };
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
      : await throughRefusals(patience, () => logIn(connectConfig(proxy, undefined)));
  try {
    const client = await throughRefusals(patience, async () =>
      logIn(connectConfig(access, bastion === undefined ? undefined : await forward(bastion, access))),
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
