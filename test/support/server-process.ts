import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** An order to a server, by what it is. */
export interface Order {
  readonly what: string;
}

/** What a server answers to each order: the requests that it was asked for, or why the order was not carried out. */
export interface Reply<Request> {
  readonly requests: readonly Request[];
  readonly error?: string;
}

/** A server of a test in a process of its own: tests wait for kubectl synchronously and could not answer meanwhile. */
export class ServerProcess<SomeOrder extends Order, Request> {
  readonly #name: string;
  readonly #child: ChildProcess;

  /**
   * @param name As errors name it.
   * @param file The program, which {@link obeyOrders}.
   */
  public constructor(name: string, file: string) {
    this.#name = name;
    this.#child = fork(file, [], {
      cwd: __dirname,
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  /** Waits until it has done so. @throws what it says when it could not. */
  public async order(order: SomeOrder): Promise<readonly Request[]> {
    const answered = once(this.#child, "message") as Promise<[Reply<Request>]>;
    this.#child.send(order);
    const [{ error, requests }] = await answered;
    if (error !== undefined) throw new Error(`${this.#name}: ${order.what}: ${error}`);
    return requests;
  }

  /** Ends the process; nothing works afterwards. */
  public async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

/**
 * Carries out the orders of the parent, one after the other, and ends with it.
 *
 * @param obey Takes the orders that its {@link ServerProcess} sends.
 */
export function obeyOrders<Request>(obey: (order: never) => Promise<readonly Request[]>): void {
  // The parent may end without a word.
  process.on("disconnect", () => process.exit());
  process.on("message", (order) => {
    const reply = (message: Reply<Request>): void => {
      process.send?.(message);
    };
    obey(order as never).then(
      (requests) => {
        reply({ requests });
      },
      (error: unknown) => {
        reply({ requests: [], error: String(error) });
      },
    );
  });
}
