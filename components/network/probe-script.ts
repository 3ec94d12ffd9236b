import { readFileSync } from "node:fs";
import path from "node:path";
import { shellCommand } from "../plan/quote";
import { whenWhole } from "../plan/whole-script";
import { allowRuleManifests, ruleLabel, type AllowRule } from "./allow-rules";
import type { ProbeFlow, ProbePlan } from "./flows";
import { clientNode, serverNode, type ProbedCluster, type ProbePod } from "./probe-cast";
import { isHost } from "./reachability";

/** What the script needs beside the flows. */
export interface ProbeScriptOptions {
  readonly plan: ProbePlan;
  /** The rules of the stack: policies of others are taken away before anything is tried. */
  readonly allow: readonly AllowRule[];
  readonly cluster: ProbedCluster;
  /** Image with the probe's program. */
  readonly image: string;
  /** The deployment that answers DNS; it must have rolled out. */
  readonly dns: { readonly namespace: string; readonly deployment: string; readonly image: string };
  /** A name that cluster DNS must answer. */
  readonly dnsName: string;
  readonly dnsAddress: string;
  /** Seconds until pods must run, and again until flows must be as declared. */
  readonly timeoutSeconds: number;
  /** Program → sha256 of what carries and judges connections. */
  readonly carriers: Readonly<Record<string, string>>;
}

/** The functions that the rendered calls use; shellcheck reads them where they stand. */
const probeFunctions = readFileSync(path.join(__dirname, "probe.sh"), "utf8");

function renderPod(pod: ProbePod, { cluster, image }: ProbeScriptOptions): string {
  const isServer = pod.ports.length > 0;
  const ports = pod.ports.map(String);
  return shellCommand([
    "pod",
    pod.id,
    pod.namespace,
    isServer ? serverNode(cluster) : clientNode(cluster),
    image,
    JSON.stringify({ ...pod.labels, "redoubt.io/probe": "@RUN@" }),
    // A client only waits to be told.
    JSON.stringify(["/bin/probe", "serve", ...ports]),
    ...ports.slice(0, 1),
  ]);
}

function renderFlow({ from, to, protocol, port, expected, description }: ProbeFlow): string {
  return shellCommand([
    "check",
    isHost(from) ? "" : from.id,
    protocol.toLowerCase(),
    isHost(to) ? to.address : `@ADDRESS:${to.id}@`,
    String(port),
    expected,
    description,
  ]);
}

/** The whole probe as one bash script for a control plane host. */
export function renderProbeScript(options: ProbeScriptOptions): string {
  const { plan } = options;
  const namespaces = [...new Set(plan.pods.map((pod) => pod.namespace))];
  const kept = options.allow
    .flatMap(allowRuleManifests)
    .map(({ namespace, name }) => shellCommand(["keep", namespace, name]));
  const lines = [
    ...namespaces.map((namespace) => shellCommand(["owner", namespace])),
    ...plan.pods.map((pod) => renderPod(pod, options)),
    ...plan.flows.map(renderFlow),
    ...plan.resolvers.map((pod) => {
      const description = `cluster DNS should answer ${options.dnsName} to ${pod}`;
      return shellCommand(["dns", pod, options.dnsName, options.dnsAddress, description]);
    }),
    ...kept,
    shellCommand(["withdraw_left", ruleLabel, ...options.cluster.namespaces]),
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
  // In the script's text, so that another program makes another script, which runs again.
  const carriers = Object.entries(options.carriers).map(
    ([name, sha256]) => `# carried by ${name} ${sha256}\n`,
  );
  return `${probeFunctions}\n${carriers.join("")}${whenWhole(`${lines.join("\n")}\n`)}`;
}
