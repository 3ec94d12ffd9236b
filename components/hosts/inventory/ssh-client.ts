import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client, ConnectConfig } from "ssh2";
import { z } from "zod";
import { patiently } from "./patience";
import { hangUpPause, logIn, pinnedLogin } from "./ssh-login";

const hopSchema = z.looseObject({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  hostKey: z.string(),
  privateKey: z.string().optional(),
});

/** A connection as resources of the command provider have it, as far as it is used here. */
export const connectionSchema = hopSchema.extend({ proxy: hopSchema.optional() });
type Hop = z.infer<typeof hopSchema>;

const timeoutMilliseconds = 20_000;

/** @param over Makes the way to the server anew for each attempt. Default: straight. */
async function ready(
  hop: Hop,
  readyTimeout: number,
  over: () => Promise<ConnectConfig> = () => Promise.resolve({}),
): Promise<Client> {
  const times = { readyTimeout, keepaliveInterval: timeoutMilliseconds };
  try {
    return await patiently(readyTimeout, hangUpPause, async () =>
      logIn({ ...pinnedLogin(hop), ...times, ...(await over()) }),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${hop.user}@${hop.host}:${hop.port}: ${message}`, { cause: error });
  }
}

function tunnel(proxy: Client, { host, port }: Hop): Promise<Readable> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else
        reject(new Error(`the bastion does not reach ${host}:${port}: ${error.message}`, { cause: error }));
    });
  });
}

/** A login on a host, over a bastion where there is one; host keys are pinned. */
export class SshClient {
  private constructor(private readonly clients: readonly Client[]) {}

  /**
   * @param patience Milliseconds in which each server must let us in.
   * @throws naming the host when it can't be reached, shows another key or does not let us in.
   */
  public static async connect(
    connection: z.infer<typeof connectionSchema>,
    patience = timeoutMilliseconds,
  ): Promise<SshClient> {
    const { proxy, ...host } = connection;
    if (proxy === undefined) return new SshClient([await ready(host, patience)]);
    const bastion = await ready(proxy, patience);
    try {
      const through = async (): Promise<ConnectConfig> => ({ sock: await tunnel(bastion, host) });
      return new SshClient([await ready(host, patience, through), bastion]);
    } catch (error) {
      bastion.end();
      throw error;
    }
  }

  /**
   * Runs a command, with `input` on its stdin.
   *
   * @returns what it printed.
   * @throws with the last of what it said when it does not end with 0.
   */
  public async run(command: string, input: Readable): Promise<string> {
    const channel = await new Promise<import("ssh2").ClientChannel>((resolve, reject) => {
      this.clients[0]?.exec(command, (error, opened) => {
        if (error === undefined) resolve(opened);
        else reject(error);
      });
    });
    let stdout = "";
    let stderr = "";
    channel.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    channel.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    const ended = new Promise<number>((resolve) =>
      channel.on("close", (code: number | null) => {
        resolve(code ?? -1);
      }),
    );
    const sent = pipeline(input, channel, { end: true }).catch((error: unknown) => String(error));
    const code = await ended;
    await sent;
    if (code !== 0)
      throw new Error(`the host said: ${stderr.trim().split("\n").at(-1) ?? ""} (exit ${code})`);
    return stdout;
  }

  public close(): void {
    for (const client of this.clients) client.end();
  }
}
