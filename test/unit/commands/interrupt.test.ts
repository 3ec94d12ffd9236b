import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(__dirname, "../../..");

/** A program that tells each interrupt that it gets, and ends in its own way a moment after the first. */
const engine = `
process.on("SIGINT", () => console.log("interrupted"));
process.on("SIGTERM", () => {
  console.log("terminated");
  process.exit();
});
setTimeout(() => console.log("tidied up"), 1000);
console.log("ready");`;

/** A command that runs it, as \`npm run up\` runs the engine. */
const command = `
const { main } = require("./commands/main");
const { run } = require("./commands/shell");
main(async () => void (await run(process.execPath, ["--eval", process.env.ENGINE])));`;

/** What everybody said until the end, once \`interrupt\` was done to it. */
async function said(
  program: readonly string[],
  interrupt: (child: ReturnType<typeof spawn>) => void,
): Promise<string> {
  const [name = "", ...args] = program;
  const child = spawn(name, args, { cwd: root, env: { ...process.env, ENGINE: engine, COMMAND: command } });
  let output = "";
  let interrupted = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (interrupted || !output.includes("ready")) return;
    interrupted = true;
    interrupt(child);
  });
  await once(child, "close");
  return output.replaceAll("\r", "");
}

const direct = [process.execPath, "--import", "tsx", "--eval", command];

describe("an interrupt", () => {
  it("on a terminal reaches the engine once, though everybody gets it: a second one would cut it off", async () => {
    const line = `exec "${process.execPath}" --import tsx --eval "$COMMAND"`;
    // script(1) gives it a terminal, which makes a signal of Ctrl-C (termios(3), VINTR).
    const output = await said(["script", "-qec", line, "/dev/null"], ({ stdin }) => stdin?.write("\x03"));
    assert.equal(output.match(/interrupted/g)?.length, 1, output);
    assert.match(output, /tidied up/);
  });

  it("sent to the command alone reaches the engine, and so does a request to end", async () => {
    const interrupted = await said(direct, (child) => child.kill("SIGINT"));
    assert.equal(interrupted.match(/interrupted/g)?.length, 1, interrupted);
    assert.match(await said(direct, (child) => child.kill("SIGTERM")), /terminated/);
  });

  it("sent to what starts the command reaches it too, and is waited for", async () => {
    const bootstrap = [process.execPath, "commands/bootstrap.cjs", "../test/support/interrupted-command"];
    const output = await said(bootstrap, (child) => child.kill("SIGTERM"));
    assert.match(output, /terminated/);
  });
});
