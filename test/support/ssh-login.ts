import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ConnectConfig } from "ssh2";

/** Longer than a login takes anywhere, and than a server that was tried too often hangs up at once (sshd_config(5), PerSourcePenalties). */
const patienceMilliseconds = 90_000;

/** One try: whether it opens a session; undefined when the server said neither, as one that hangs up or is not there. */
function tryLogin(login: ConnectConfig, milliseconds: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const client = new Client();
    const timer = setTimeout(() => {
      client.destroy();
    }, milliseconds);
    const end = (answer: boolean | undefined): void => {
      clearTimeout(timer);
      client.end();
      resolve(answer);
    };
    client
      .on("ready", () => {
        end(true);
      })
      // A server that hangs up says no error.
      .on("close", () => {
        end(undefined);
      })
      .on("error", ({ level }) => {
        end(level === "client-authentication" ? false : undefined);
      })
      .connect({ readyTimeout: milliseconds, ...login });
  });
}

/**
 * Whether a login opens a session, by the server's own word.
 *
 * @param patience Milliseconds until the server must have said so.
 * @throws when it does not: a server that is down lets nobody in, and refuses nobody.
 */
export async function logsIn(login: ConnectConfig, patience = patienceMilliseconds): Promise<boolean> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await tryLogin(login, patience);
    if (answer !== undefined) return answer;
    if (Date.now() >= end) {
      throw new Error(`the SSH server of ${login.host ?? ""} neither lets in nor refuses`);
    }
    await sleep(Math.min(1000, patience));
  }
}
