import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "./api-client";

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
  /** Longest time without an answer, in milliseconds: between two, before the first, or after the last. */
  readonly longestGap: number;
  /** Names of the objects that came while it looked, in order; a name twice is an event twice. */
  readonly added: readonly string[];
  /** Times that the watch ended and was taken up again. */
  readonly resumed: number;
}

/**
 * Looks at an API server as its clients do: asks it again and again whether it is ready, and watches configmaps of a namespace. When
 * the watch ends it goes on after the last event, and lists anew when that is too old (410), as client-go's reflectors do: an API
 * server that has just started remembers no event from before.
 */
export class ApiObserver {
  readonly #client: ApiClient;
  readonly #path: string;
  /** Names that were there when the look began, or have been told of. */
  readonly #known = new Set<string>();
  #running = true;
  readonly #end = new AbortController();
  readonly #loops: Promise<void>[];
  #answered = 0;
  #refused = 0;
  #longestGap = 0;
  #resumed = -1;
  readonly #added: string[] = [];

  private constructor(kubeconfig: string, namespace: string) {
    this.#client = new ApiClient(kubeconfig);
    this.#path = `/api/v1/namespaces/${namespace}/configmaps`;
    this.#loops = [];
  }

  /**
   * Lists what is there, and looks from then on while something is done, however that ends.
   *
   * @param kubeconfig Its text.
   */
  public static async during<Result>(
    kubeconfig: string,
    namespace: string,
    work: (observer: ApiObserver) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly seen: Observation }> {
    const observer = new ApiObserver(kubeconfig, namespace);
    const from = await observer.#list((name) => observer.#known.add(name));
    observer.#loops.push(observer.#askReadiness(), observer.#follow(from));
    const result = await work(observer).finally(() => observer.#stop());
    return { result, seen: observer.#seen() };
  }

  /** Ends the look. */
  async #stop(): Promise<void> {
    this.#running = false;
    this.#end.abort();
    await Promise.all(this.#loops);
  }

  #seen(): Observation {
    return {
      answered: this.#answered,
      refused: this.#refused,
      longestGap: this.#longestGap,
      added: this.#added,
      resumed: this.#resumed,
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
      if (await this.#client.isReady()) {
        this.#answered += 1;
        this.#longestGap = Math.max(this.#longestGap, Date.now() - last);
        last = Date.now();
      } else {
        this.#refused += 1;
      }
      await sleep(100);
    }
    // A server that did not come back until the end of the look was away since its last answer.
    this.#longestGap = Math.max(this.#longestGap, Date.now() - last);
  }

  #tell(name: string): void {
    this.#known.add(name);
    this.#added.push(name);
  }

  /**
   * Names of what is there, and the version of the list; tried until it is answered, or the look ends.
   *
   * @throws after a minute without an answer.
   */
  async #list(each: (name: string) => void): Promise<string> {
    const end = Date.now() + 60_000;
    while (this.#running) {
      let text = "";
      const status = await this.#client.get(this.#path, (line) => (text += line));
      if (status === 200) {
        const { metadata, items } = JSON.parse(text) as {
          metadata: { resourceVersion: string };
          items: { metadata: { name: string } }[];
        };
        for (const item of items) each(item.metadata.name);
        return metadata.resourceVersion;
      }
      if (Date.now() > end) throw new Error(`${this.#path} was not answered for a minute: ${status}`);
      await sleep(100);
    }
    return "";
  }

  async #follow(from: string): Promise<void> {
    let resourceVersion = from;
    while (this.#running) {
      this.#resumed += 1;
      const errors: string[] = [];
      const status = await this.#client.get(
        `${this.#path}?watch=true&resourceVersion=${resourceVersion}`,
        (line) => {
          const event = JSON.parse(line) as WatchEvent;
          resourceVersion = event.object.metadata?.resourceVersion ?? resourceVersion;
          if (event.type === "ADDED") this.#tell(event.object.metadata?.name ?? "");
          if (event.type === "ERROR") errors.push(line);
        },
        { signal: this.#end.signal },
      );
      if (errors.length > 0 || status === 410) {
        resourceVersion = await this.#list((name) => {
          if (!this.#known.has(name)) this.#tell(name);
        });
      }
      await sleep(100);
    }
  }
}
