import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** An event of a watch, as the API server sends it (kubernetes.io/docs/reference/using-api/api-concepts, efficient detection of changes). */
interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
    readonly code?: number;
  };
}

/** What was seen while an observer looked. */
export interface Observation {
  /** Requests for readiness that were answered, and that were not. */
  readonly answered: number;
  readonly refused: number;
  /** Longest time between two answers, in milliseconds. */
  readonly longestGap: number;
  /** Names of the objects that the watch said were added, in order. */
  readonly added: readonly string[];
  /** Times that the watch was taken up again where it had ended. */
  readonly resumed: number;
  /** Events that were no change: `ERROR 410` is a watch that can't go on. */
  readonly errors: readonly string[];
}

/**
 * Looks at an API server as its clients do: asks it again and again whether it is ready, and watches configmaps of a namespace. When
 * the watch ends it goes on after the last event, as informers do.
 */
export class ApiObserver {
  readonly #kubectl: readonly string[];
  readonly #path: string;
  #running = true;
  #watch: ChildProcess | undefined;
  readonly #loops: Promise<void>[];
  #answered = 0;
  #refused = 0;
  #longestGap = 0;
  #resumed = -1;
  readonly #added: string[] = [];
  readonly #errors: string[] = [];

  /** @param resourceVersion Where the watch begins: of a list that was made before. */
  public constructor(kubeconfigFile: string, namespace: string, resourceVersion: string) {
    this.#kubectl = ["--kubeconfig", kubeconfigFile];
    this.#path = `/api/v1/namespaces/${namespace}/configmaps?watch=true`;
    this.#loops = [this.#askReadiness(), this.#follow(resourceVersion)];
  }

  /** Ends the look. */
  public async stop(): Promise<Observation> {
    this.#running = false;
    this.#watch?.kill();
    await Promise.all(this.#loops);
    return {
      answered: this.#answered,
      refused: this.#refused,
      longestGap: this.#longestGap,
      added: this.#added,
      resumed: this.#resumed,
      errors: this.#errors,
    };
  }

  /** Waits until the watch has told of an object. */
  public async sees(name: string, seconds: number): Promise<boolean> {
    const end = Date.now() + seconds * 1000;
    while (!this.#added.includes(name) && Date.now() < end) await sleep(100);
    return this.#added.includes(name);
  }

  async #askReadiness(): Promise<void> {
    let last = Date.now();
    while (this.#running) {
      const code = await this.#run(["--request-timeout=2s", "get", "--raw", "/readyz"], () => undefined);
      if (code === 0) {
        this.#answered += 1;
        this.#longestGap = Math.max(this.#longestGap, Date.now() - last);
        last = Date.now();
      } else {
        this.#refused += 1;
      }
      await sleep(100);
    }
  }

  async #follow(from: string): Promise<void> {
    let resourceVersion = from;
    while (this.#running) {
      this.#resumed += 1;
      await this.#run(
        ["get", "--raw", `${this.#path}&resourceVersion=${resourceVersion}`],
        (line) => {
          const event = JSON.parse(line) as WatchEvent;
          resourceVersion = event.object.metadata?.resourceVersion ?? resourceVersion;
          if (event.type === "ADDED") this.#added.push(event.object.metadata?.name ?? "");
          if (event.type === "ERROR") this.#errors.push(`ERROR ${event.object.code ?? ""}`);
        },
        (child) => (this.#watch = child),
      );
      await sleep(100);
    }
  }

  #run(
    args: readonly string[],
    onLine: (line: string) => void,
    started?: (child: ChildProcess) => void,
  ): Promise<number> {
    return new Promise((resolve) => {
      const child = spawn("kubectl", [...this.#kubectl, ...args], { stdio: ["ignore", "pipe", "ignore"] });
      started?.(child);
      let rest = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") onLine(line);
      });
      child.on("close", (code) => {
        resolve(code ?? -1);
      });
    });
  }
}
