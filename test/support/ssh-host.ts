import { Server, type ServerChannel, type Connection } from "ssh2";

/**
 * A host that lets everybody with a key in, and forwards to nowhere; it does not listen yet.
 *
 * @param execute What it does with a command that it is sent, on a channel of its own.
 */
export function sshHost(
  hostKey: string,
  execute: (channel: ServerChannel, connection: Connection) => void,
): Server {
  return new Server({ hostKeys: [hostKey] }, (connection) => {
    connection
      .on("authentication", (context) => {
        if (context.method === "publickey") context.accept();
        else context.reject(["publickey"]);
      })
      .on("session", (accept) => {
        accept().on("exec", (acceptCommand) => {
          execute(acceptCommand(), connection);
        });
      })
      .on("tcpip", (_accept, reject) => {
        reject();
      })
      .on("error", () => undefined);
  });
}
