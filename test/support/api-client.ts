import type { IncomingMessage } from "node:http";
import https from "node:https";
import { parse } from "yaml";

/** What is used of a kubeconfig that shows a client certificate (kubernetes.io/docs/reference/config-api/kubeconfig.v1). */
interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64");

/**
 * Asks API servers as kubectl does, without a process for each question: what is asked many times a second would otherwise keep a
 * processor busy that the cluster needs. Every question opens a connection of its own, so it finds the server that is there now.
 */
export class ApiClient {
  readonly #server: string;
  readonly #options: https.RequestOptions;

  /** @param kubeconfig Its text, with a client certificate. */
  public constructor(kubeconfig: string) {
    const { clusters, users } = parse(kubeconfig) as Kubeconfig;
    const { user } = users[0];
    this.#server = clusters[0].cluster.server;
    this.#options = {
      agent: false,
      ca: fromBase64(clusters[0].cluster["certificate-authority-data"]),
      cert: fromBase64(user["client-certificate-data"]),
      key: fromBase64(user["client-key-data"]),
    };
  }

  /**
   * Whether an API server says that it is ready, within two seconds.
   *
   * @param server Its URL, when not the kubeconfig's.
   */
  public async isReady(server = this.#server): Promise<boolean> {
    const status = await this.get("/readyz", () => undefined, {
      server,
      signal: AbortSignal.timeout(2000),
    });
    return status === 200;
  }

  /**
   * Gets a path and hands on each line of the answer as it comes, so that a watch can be read; of a refusal none.
   *
   * @returns the status, when the answer has ended; undefined when there was none, or it was cut off.
   */
  public get(
    path: string,
    onLine: (line: string) => void,
    { server = this.#server, signal }: { readonly server?: string; readonly signal?: AbortSignal } = {},
  ): Promise<number | undefined> {
    return new Promise((resolve) => {
      const fail = (): void => {
        resolve(undefined);
      };
      const options = { ...this.#options, ...(signal && { signal }) };
      const request = https.get(new URL(path, server), options, (response: IncomingMessage) => {
        let rest = "";
        // Anything else says in its body why not, which is no answer.
        const tell = response.statusCode === 200 ? onLine : (): void => undefined;
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) if (line !== "") tell(line);
        });
        response.on("error", fail).on("end", () => {
          // An answer that is no stream need not end its line.
          if (rest !== "") tell(rest);
          resolve(response.statusCode);
        });
      });
      request.on("error", fail);
    });
  }
}
