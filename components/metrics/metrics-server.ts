import { trustedAuthoritiesFile, type AuthorityGenerations } from "../pki/authority-generations";
import { metricsServerName } from "../pki/profiles";
import { readers } from "../pki/readers";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { behindFirewall } from "../plan/behind-firewall";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment, ReadinessSpec } from "../plan/plan";
import { metricsServerPort } from "../plan/ports";
import { sandbox } from "../plan/sandbox";
import { startLimitSeconds } from "../plan/start-limit";
import { execStart, renderUnit } from "../plan/systemd";
import { tlsCipherSuites, tlsMinVersion } from "../plan/tls";

/** What makes a metrics-server. */
export interface MetricsServerOptions {
  /** IPv4 address of the control plane host, where the API server beside it finds it. */
  readonly address: string;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** The unit that runs it. */
export const metricsServerUnit = "metrics-server.service";

/** Seconds between two rounds to all kubelets, as metrics-server's own manifests have it. */
const resolutionSeconds = 15;

const own = (file: string): string => `${paths.metricsServer}/${file}`;

/**
 * metrics-server's command line. It believes API servers alone, by the authority of the front proxy, and takes from them who asks. There is
 * no `--client-ca-file`, so a certificate of the cluster's authority is nobody's name here; and its right to ask who a bearer token is of is
 * not bound, so tokens are refused. `--profiling` is left out because version 0.9.0 knows the flag and goes by it nowhere
 * (cmd/metrics-server/app/options): profiles are for who may read `/debug/pprof`, which administrators may.
 */
export function metricsServerFlags({
  address,
  authorities,
}: Omit<MetricsServerOptions, "artifacts">): string[] {
  const kubeconfig = own("kubeconfig");
  return renderFlags({
    kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    // All that it would look up in the cluster is said here.
    "authentication-skip-lookup": true,
    "requestheader-client-ca-file": `${paths.pki}/front-proxy-ca.crt`,
    "requestheader-allowed-names": ["front-proxy-client"],
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "bind-address": address,
    "secure-port": metricsServerPort,
    "tls-cert-file": own("tls.crt"),
    "tls-private-key-file": own("tls.key"),
    "tls-min-version": tlsMinVersion,
    "tls-cipher-suites": tlsCipherSuites,
    // A kubelet says in its Node where it is reached, but not on which port: that is ours to say.
    "kubelet-port": 10250,
    "kubelet-preferred-address-types": ["InternalIP"],
    "kubelet-certificate-authority": trustedAuthoritiesFile(authorities),
    "metric-resolution": `${resolutionSeconds}s`,
  });
}

/** As the API server asks, by its certificate; ready is who has asked kubelets twice, which makes a rate of what they say. */
function answers({ address, authorities }: Omit<MetricsServerOptions, "artifacts">): ReadinessSpec {
  const client = `${paths.kubeApiserver}/front-proxy-client`;
  return {
    description: "metrics-server has figures of nodes and pods",
    command: [
      ...["curl", "--fail", "--silent", "--show-error", "--max-time", "5", "--output", "/dev/null"],
      // Each answer that it is not ready is a line in its journal.
      ...["--retry", "4", "--retry-delay", "1"],
      ...["--cacert", trustedAuthoritiesFile(authorities)],
      ...["--cert", `${client}.crt`, "--key", `${client}.key`],
      ...["--header", "X-Remote-User: system:kube-aggregator", "--header", "X-Remote-Group: system:masters"],
      ...["--connect-to", `::${address}:`],
      `https://${metricsServerName}:${metricsServerPort}/readyz`,
    ],
    timeoutSeconds: startLimitSeconds,
  };
}

/** The plan of one metrics-server: program, and unit under its own user. */
export function metricsServer(options: MetricsServerOptions): PlanFragment {
  const program = installed(options.artifacts, "metrics-server");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes metrics server",
      Documentation: "https://kubernetes-sigs.github.io/metrics-server/",
      Wants: "network-online.target",
      After: ["network-online.target", "kube-apiserver.service"],
    },
    Service: {
      User: readers.metricsServer.user,
      Group: readers.metricsServer.group,
      ExecStartPre: behindFirewall,
      ExecStart: execStart(program.path, metricsServerFlags(options)),
      Restart: "always",
      RestartSec: "1s",
      // It keeps nothing that a kill could lose.
      TimeoutStopSec: "10s",
      ...sandbox({ writablePaths: [] }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    packages: ["curl"],
    artifacts: [program],
    units: [{ name: metricsServerUnit, content: unit, restartOn: [program.path] }],
    readiness: [answers(options)],
  };
}
