import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { renderUnit } from "../plan/systemd";

/** The way to another node's pods. */
export interface PodRoute {
  /** The pods of that node. */
  readonly podCidr: string;
  /** That node's address. */
  readonly via: string;
}

/** What makes a node's part of the pod network. */
export interface PodNetworkOptions {
  /** The pods of this node. */
  readonly podCidr: string;
  readonly routes: readonly PodRoute[];
  readonly artifacts: ArtifactCatalog;
}

const cniPlugins = ["ptp", "host-local", "loopback"];
const routeFile = "/etc/kubernetes/pod-routes";

/**
 * CNI configuration: each pod hangs on its own routed link (ptp), so there is no bridge that frames could cross past the
 * policy engine's IP hooks. No masquerading here: a policy on the other node must see the pod's address; the host firewall
 * masquerades what leaves the cluster.
 */
function renderCniConfiguration(podCidr: string): string {
  const configuration = {
    cniVersion: "1.0.0",
    name: "redoubt",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: { type: "host-local", ranges: [[{ subnet: podCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
    ],
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** Static routes to the pods of all other nodes, in the form of `ip -batch`; no routing protocol has to be trusted. */
function renderRoutes(routes: readonly PodRoute[]): string {
  const lines = routes.map((route) => `route replace ${route.podCidr} via ${route.via}`);
  return `# Pods of the other nodes.\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** The plan of a node's part of the pod network. */
export function podNetwork(options: PodNetworkOptions): PlanFragment {
  const cniFile = `${paths.cniConfig}/10-redoubt.conflist`;
  const unit = renderUnit({
    Unit: {
      Description: "Routes to the pods of other nodes",
      Wants: "network-online.target",
      After: "network-online.target",
      Before: "kubelet.service",
      // What calls a network online does not everywhere wait for the address by which the other nodes are reached.
      StartLimitIntervalSec: 0,
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: true,
      Restart: "on-failure",
      RestartSec: "1s",
      ExecStart: `/usr/sbin/ip -force -batch ${routeFile}`,
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    directories: [{ path: paths.cniConfig, mode: "0700" }, { path: paths.cniBinaries }],
    artifacts: cniPlugins.map((plugin) => installed(options.artifacts, plugin, paths.cniBinaries)),
    files: [
      { path: cniFile, content: renderCniConfiguration(options.podCidr), mode: "0600" }, // CIS 1.1.9, 1.1.10
      { path: routeFile, content: renderRoutes(options.routes), mode: "0600" },
    ],
    units: [{ name: "redoubt-pod-routes.service", content: unit, restartOn: [routeFile] }],
  };
}
