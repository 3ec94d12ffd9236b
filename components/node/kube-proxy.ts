import { stringify } from "yaml";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";

/** What makes a kube-proxy. */
export interface KubeProxyOptions {
  readonly nodeName: string;
  /** IPv4 range of all pods; traffic to a service from elsewhere is masqueraded. */
  readonly podCidr: string;
  readonly artifacts: ArtifactCatalog;
}

const own = (file: string): string => `${paths.kubeProxy}/${file}`;
const configuration = own("config.yaml");

/** The KubeProxyConfiguration file (kubeproxy.config.k8s.io/v1alpha1). */
export function renderKubeProxyConfiguration(options: KubeProxyOptions): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    // Its own tables: a reload of the host firewall does not touch them, and it does not touch the firewall's.
    mode: "nftables",
    clientConnection: { kubeconfig: own("kubeconfig") },
    clusterCIDR: options.podCidr,
    hostnameOverride: options.nodeName,
    metricsBindAddress: "127.0.0.1:10249", // CIS 4.3.1
    healthzBindAddress: "127.0.0.1:10256",
    // Node ports answer on loopback nowhere and on the node only where the host firewall lets them.
    nodePortAddresses: ["primary"],
    // The table's size belongs to the whole kernel, and is left as that has it.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    enableProfiling: false,
  });
}

/** The plan of one kube-proxy. */
export function kubeProxy(options: KubeProxyOptions): PlanFragment {
  const program = installed(options.artifacts, "kube-proxy");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes service proxy",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/",
      Wants: "network-online.target",
      After: "network-online.target",
    },
    Service: {
      ExecStart: execStart(program.path, renderFlags({ config: configuration })),
      Restart: "always",
      RestartSec: "1s",
      ...sandbox({
        writablePaths: ["/run"],
        capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_DAC_READ_SEARCH"],
      }),
      // nftables is spoken by netlink, kube-proxy sets net.* parameters, and nft(8) maps memory executable nowhere.
      ProtectKernelTunables: false,
      RestrictAddressFamilies: "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
      SystemCallFilter: "@system-service",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    packages: ["nftables", "conntrack"],
    artifacts: [program],
    files: [{ path: configuration, content: renderKubeProxyConfiguration(options), mode: "0600" }],
    units: [{ name: "kube-proxy.service", content: unit, restartOn: [program.path, configuration] }],
  };
}
