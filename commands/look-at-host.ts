import { PassThrough, type Duplex, type Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import type { Client, ConnectConfig } from "ssh2";
import { patiently } from "../components/hosts/inventory/patience";
import { hangUpPause, logIn, pinnedLogin } from "../components/hosts/inventory/ssh-login";
import type { HopAccess, HostAccess } from "../drift/stack-state";
import { runOnHost, type ScriptRun } from "./run-on-host";

/** Seconds until a host that does not answer is given up. */
const connectSeconds = 30;
/**
 * Seconds in which a refused connection is tried again: sshd that was told to read its configuration anew starts its own program
 * again, and nobody listens meanwhile (sshd(8), SIGHUP). One on which the server hung up as well.
 */
const refusalSeconds = 5;
/** Milliseconds between two connections that are refused. */
const refusalPause = 100;
/** Seconds until a look that says nothing any more is given up. */
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

/** Tries again while the other side refuses, or hangs up before the login, for some seconds. Every other failure is final. */
function throughRefusals<Result>(seconds: number, attempt: () => Promise<Result>): Promise<Result> {
  const pauseAfter = (error: unknown): number | undefined =>
    isRefusal(error) ? refusalPause : hangUpPause(error);
  return patiently(seconds * 1000, pauseAfter, attempt);
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

/** What a script says on stdout, which is kept whole. */
async function execute(
  client: Client,
  script: string,
  { what = "the look", from }: ShortRun = {},
): Promise<string> {
  const said = new PassThrough();
  const text = readText(said);
  try {
    await runOnHost(client, script, { what, quietSeconds: lookSeconds, into: said, from });
  } finally {
    said.end();
  }
  return text;
}

/** How a script is run that says little. */
interface ShortRun {
  /** How messages call it. Default: the look. */
  readonly what?: string;
  /** As in {@link ScriptRun}. */
  readonly from?: Readable;
}

/** A logged-in host, on which scripts are run as root. */
export interface HostSession {
  /** Runs a script and gives its stdout. */
  readonly run: (script: string, options?: ShortRun) => Promise<string>;
  /** Runs a script whose streams are too large to be kept. */
  readonly stream: (script: string, options: ScriptRun) => Promise<void>;
}

/**
 * Logs in to a host as the stack does, through its bastion where it has one, and logs out when `use` has ended.
 *
 * @param patience Seconds in which refused connections, and those on which the server hung up, are tried again.
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
      const result = await use({
        run: (script, options) => execute(client, script, options),
        stream: (script, options) => runOnHost(client, script, options),
      });
      client.end();
      return result;
    } catch (error) {
      // A polite end waits for what nobody reads any more.
      client.destroy();
      throw error;
    }
  } finally {
    bastion?.end();
  }
}
