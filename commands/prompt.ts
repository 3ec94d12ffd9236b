import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Everything on stdin, without the line break at its end. */
async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

/**
 * Asks for a secret on the terminal without showing what is typed; where there is no terminal it is all of stdin.
 *
 * @throws when it is empty, or the user breaks off.
 */
export async function askSecret(question: string): Promise<string> {
  const secret = process.stdin.isTTY ? await askTerminal(question) : await readAll();
  if (secret === "") throw new Error(`${question}: nothing was given. Fix: type it, or give it on stdin`);
  return secret;
}

function askTerminal(question: string): Promise<string> {
  process.stderr.write(`${question}: `);
  // readline would echo to its output; this one drops it.
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    terminal.on("SIGINT", () => {
      terminal.close();
      reject(new Error("broken off"));
    });
    terminal.question("", (answer) => {
      terminal.close();
      process.stderr.write("\n");
      resolve(answer);
    });
  });
}
