import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram } from "./cluster";
import { must } from "./foreign-network";

/** An SSH agent, as whoever runs `up` has one. */
export class SshAgent {
  private process: ChildProcess | undefined;

  /** @param socket What `SSH_AUTH_SOCK` shall name; short, because a socket's name is at most 108 bytes long (unix(7)). */
  public constructor(public readonly socket: string) {}

  /** Starts it and gives it private keys, by their files. */
  public async start(keys: readonly string[]): Promise<void> {
    this.process = spawn("ssh-agent", ["-D", "-a", this.socket], { stdio: "ignore" });
    while (!existsSync(this.socket)) await sleep(20);
    must(runProgram("ssh-add", ["-q", ...keys], { env: { ...process.env, SSH_AUTH_SOCK: this.socket } }));
  }

  public stop(): void {
    this.process?.kill();
  }
}
