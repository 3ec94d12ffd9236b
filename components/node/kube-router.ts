import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";

/** What makes a kube-router that only enforces network policies. */
export interface KubeRouterOptions {
  readonly nodeName: string;
  readonly serviceClusterIpRange: string;
  readonly artifacts: ArtifactCatalog;
}

/**
 * The plan of the network policy engine: kube-router's firewall, without its router and service proxy
 * (kube-router docs, user guide). It is a unit of the host, not a pod: no image to trust, no privileged pod in the cluster, and
 * it is there before the first pod is.
 */
export function kubeRouter(options: KubeRouterOptions): PlanFragment {
  const program = installed(options.artifacts, "kube-router");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "kube-router (network policies)",
      Documentation: "https://www.kube-router.io/docs/",
      Wants: "network-online.target",
      After: "network-online.target",
      Before: "kubelet.service",
    },
    Service: {
      ExecStart: execStart(
        program.path,
        renderFlags({
          kubeconfig: `${paths.kubeRouter}/kubeconfig`,
          "hostname-override": options.nodeName,
          "enable-cni": false,
          "run-firewall": true,
          "run-router": false,
          "run-service-proxy": false,
          "run-loadbalancer": false,
          "service-cluster-ip-range": options.serviceClusterIpRange,
          "health-port": 0,
          "metrics-port": 0,
          "iptables-sync-period": "1m0s",
        }),
      ),
      Restart: "always",
      RestartSec: "1s",
      ...sandbox({ writablePaths: ["/run"], capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW"] }),
      ProtectKernelTunables: false,
      RestrictAddressFamilies: "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
      SystemCallFilter: "@system-service",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    packages: ["iptables", "ipset"],
    artifacts: [program],
    units: [{ name: "kube-router.service", content: unit, restartOn: [program.path] }],
  };
}
