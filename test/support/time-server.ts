import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";

/** A time server on one address, in a process of its own: tests wait for programs, and nothing answers meanwhile. */
export class TimeServer {
  private child: ChildProcess | undefined;

  public start(address: string): Promise<void> {
    const program = path.join(__dirname, "time-server-process.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program, address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      child.stdout.once("data", () => {
        resolve();
      });
      child.once("close", (code) => {
        reject(new Error(`the time server ended with ${code ?? "a signal"}`));
      });
    });
  }

  public stop(): void {
    this.child?.kill();
  }
}
