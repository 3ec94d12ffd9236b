import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

/** What a load balancer in front of API servers needs to know. */
export interface LoadBalancerOptions {
  /** A folder for its configuration. */
  readonly folder: string;
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** Addresses of the API servers. */
  readonly servers: readonly string[];
}

/** It looks at a server twice a second, and moves the connections of one that is gone. */
function renderConfiguration({ address, port, servers }: LoadBalancerOptions): string {
  const lines = servers.map(
    (server, index) => `  server s${index} ${server}:${port} check inter 500 fall 1 rise 1`,
  );
  return `defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen kube-apiserver
  bind ${address}:${port} transparent
  option redispatch
  default-server on-marked-down shutdown-sessions
${lines.join("\n")}
`;
}

/** HAProxy on this box, as an operator would put one in front of several control planes (setting `apiServer.endpoint`). */
export class LoadBalancer {
  private readonly process: ChildProcess;

  /**
   * Starts it. Its address may be one that does not exist yet: a stack makes its bridge itself.
   *
   * @throws when HAProxy is not there or refuses the configuration.
   */
  public constructor(options: LoadBalancerOptions) {
    const file = path.join(options.folder, "haproxy.cfg");
    writeFileSync(file, renderConfiguration(options));
    execFileSync("haproxy", ["-c", "-q", "-f", file]);
    this.process = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  }

  public stop(): void {
    this.process.kill("SIGKILL");
  }
}
