import { stringify } from "yaml";
import { trustedAuthoritiesFile, type AuthorityGenerations } from "../pki/authority-generations";
import { tlsCipherSuites, tlsMinVersion } from "../plan/tls";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { behindFirewall } from "../plan/behind-firewall";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { startLimitSeconds } from "../plan/start-limit";
import { execStart, renderUnit } from "../plan/systemd";
import { cgroupEnvironment } from "./containerd";

/** A taint that a node registers with (kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration). */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoSchedule" | "NoExecute" | "PreferNoSchedule";
}

/** What makes a kubelet. */
export interface KubeletOptions {
  /** Name of the node; also the host's name, because `--hostname-override` is not to be used (CIS 4.2.7). */
  readonly nodeName: string;
  /** IPv4 address under which the API server reaches it. */
  readonly nodeAddress: string;
  readonly clusterDomain: string;
  /** Address of the DNS service. */
  readonly clusterDns: string;
  readonly taints: readonly Taint[];
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

const configuration = `${paths.kubelet}/config.yaml`;

/** The KubeletConfiguration file (kubelet.config.k8s.io/v1beta1); ids are of CIS Kubernetes 1.12. */
export function renderKubeletConfiguration(options: KubeletOptions): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false }, // 4.2.1
      webhook: { enabled: true, cacheTTL: "2m0s" },
      x509: { clientCAFile: trustedAuthoritiesFile(options.authorities) }, // 4.2.3
    },
    authorization: { mode: "Webhook" }, // 4.2.2
    readOnlyPort: 0, // 4.2.4
    streamingConnectionIdleTimeout: "5m0s", // 4.2.5
    makeIPTablesUtilChains: true, // 4.2.6
    eventRecordQPS: 5, // 4.2.8
    tlsCertFile: `${paths.kubeletPki}/kubelet.crt`, // 4.2.9
    tlsPrivateKeyFile: `${paths.kubeletPki}/kubelet.key`,
    rotateCertificates: true, // 4.2.10
    tlsMinVersion,
    tlsCipherSuites, // 4.2.12
    podPidsLimit: 4096, // 4.2.13
    seccompDefault: true, // 4.2.14
    enableDebuggingHandlers: true, // exec, logs and port-forward; each call is authorized by the API server
    enableProfilingHandler: false,
    healthzBindAddress: "127.0.0.1",
    healthzPort: 10248,
    address: "0.0.0.0",
    clusterDomain: options.clusterDomain,
    clusterDNS: [options.clusterDns],
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    registerWithTaints: options.taints,
    // Swap is the box's business for a local machine; elsewhere the kubelet keeps pods out of it (NoSwap).
    failSwapOn: false,
    memorySwap: { swapBehavior: "NoSwap" },
    nodeStatusUpdateFrequency: "10s",
    serializeImagePulls: false,
    maxParallelImagePulls: 4,
    logging: { format: "text" },
    shutdownGracePeriod: "30s",
    shutdownGracePeriodCriticalPods: "10s",
  });
}

/** The plan of one kubelet; it may start before the API server is there and then waits for it. */
export function kubelet(options: KubeletOptions): PlanFragment {
  const program = installed(options.artifacts, "kubelet");
  const kubectl = installed(options.artifacts, "kubectl");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes node agent",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/",
      Wants: ["network-online.target", "containerd.service"],
      After: ["network-online.target", "containerd.service", "redoubt-prepare-node.service"],
    },
    Service: {
      // Root, without a sandbox: it mounts, namespaces and confines for everybody else.
      Type: "notify",
      EnvironmentFile: cgroupEnvironment,
      ExecStartPre: behindFirewall,
      ExecStart: execStart(program.path, [
        ...renderFlags({
          config: configuration,
          kubeconfig: paths.kubeletKubeconfig,
          "node-ip": options.nodeAddress,
        }),
        "$KUBELET_CGROUP_ARGS",
      ]),
      Restart: "always",
      RestartSec: "1s",
      TimeoutStartSec: "120s",
      UMask: "0077",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    directories: [{ path: paths.kubelet, mode: "0711" }],
    artifacts: [program, kubectl],
    files: [
      { path: configuration, content: renderKubeletConfiguration(options), mode: "0600" }, // 4.1.9, 4.1.10
    ],
    units: [{ name: "kubelet.service", content: unit, restartOn: [program.path, configuration] }],
    readiness: [
      {
        description: `node ${options.nodeName} is Ready`,
        // A kubelet may read its own Node object, and no other's.
        command: [
          "bash",
          "-c",
          `[ "$(${kubectl.path} --kubeconfig=${paths.kubeletKubeconfig} --request-timeout=5s get node ${options.nodeName} -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]`,
        ],
        timeoutSeconds: startLimitSeconds,
      },
    ],
  };
}
