import { Client, type ConnectConfig } from "ssh2";

/** Longer than a login takes anywhere; a server that neither lets in nor refuses has refused. */
const patienceMilliseconds = 90_000;

/** Whether a login opens a session. */
export function logsIn(login: ConnectConfig): Promise<boolean> {
  return new Promise((resolve) => {
    const client = new Client();
    const timer = setTimeout(() => {
      client.destroy();
    }, patienceMilliseconds);
    const end = (answer: boolean): void => {
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
        end(false);
      })
      .on("error", () => {
        end(false);
      })
      .connect({ readyTimeout: patienceMilliseconds, ...login });
  });
}
