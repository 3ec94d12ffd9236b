import { readFileSync } from "node:fs";
import path from "node:path";
import { shellCommand } from "../plan/quote";
import type { ProbePlan, ProbePod } from "./flows";

/** What the script needs beside the flows. */
export interface ProbeScriptOptions {
  readonly plan: ProbePlan;
  /** Image with busybox. */
  readonly image: string;
  /** Nodes that run pods; servers and clients are put on different ones, so that the way between nodes is proven too. */
  readonly nodes: readonly string[];
  /** The deployment that answers DNS; it must have rolled out. */
  readonly dns: { readonly namespace: string; readonly deployment: string; readonly image: string };
  /** A name that cluster DNS must answer. */
  readonly dnsName: string;
  readonly dnsAddress: string;
  /** Seconds until pods must run, and again until flows must be as declared. */
  readonly timeoutSeconds: number;
}

/** The functions that the rendered calls use; shellcheck reads them where they stand. */
const probeFunctions = readFileSync(path.join(__dirname, "probe.sh"), "utf8");

/** A server serves each port by a process of its own; a client waits to be told. */
function podCommand(pod: ProbePod): string {
  const servers = pod.ports.map((port) => `nc -ll -p ${port} -e /bin/cat & `).join("");
  return `${servers}sleep 300`;
}

function renderPod(pod: ProbePod, options: ProbeScriptOptions): string {
  // Servers take the first node, clients the last.
  const node = (pod.ports.length > 0 ? options.nodes[0] : options.nodes.at(-1)) ?? "";
  const labels = JSON.stringify({ ...pod.labels, "redoubt.io/probe": "@RUN@" });
  return shellCommand([
    "pod",
    pod.id,
    pod.namespace,
    node,
    options.image,
    labels,
    JSON.stringify(podCommand(pod)),
    ...pod.ports.slice(0, 1).map(String),
  ]);
}

/** The whole probe as one bash script for a control plane host. */
export function renderProbeScript(options: ProbeScriptOptions): string {
  const { plan } = options;
  const namespaces = [...new Set(plan.pods.map((pod) => pod.namespace))];
  const lines = [
    ...namespaces.map((namespace) => shellCommand(["owner", namespace])),
    ...plan.pods.map((pod) => renderPod(pod, options)),
    ...plan.flows.map((flow) =>
      shellCommand(["check", flow.from, flow.to, String(flow.port), flow.expected, flow.description]),
    ),
    ...plan.resolvers.map((pod) => {
      const description = `cluster DNS should answer ${options.dnsName} to ${pod}`;
      return shellCommand(["dns", pod, options.dnsName, options.dnsAddress, description]);
    }),
    shellCommand(["create_pods", String(options.timeoutSeconds)]),
    shellCommand([
      "rollout",
      options.dns.namespace,
      options.dns.deployment,
      options.dns.image,
      String(options.timeoutSeconds),
    ]),
    shellCommand(["wait_for_pods", String(options.timeoutSeconds)]),
    shellCommand(["run_checks", String(options.timeoutSeconds)]),
    "verdict",
  ];
  return `${probeFunctions}\n${lines.join("\n")}\n`;
}
