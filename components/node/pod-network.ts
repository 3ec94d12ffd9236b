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

/** Name of the pods' network, and of the folder in which host-local keeps who has which address. */
const network = "redoubt";
const leases = `${paths.cniData}/networks/${network}`;

const cniPlugins = ["ptp", "host-local", "loopback"];
const routeFile = "/etc/kubernetes/pod-routes";
const routesUnit = "redoubt-pod-routes.service";

/**
 * CNI configuration: each pod hangs on its own routed link (ptp), so there is no bridge that frames could cross past the
 * policy engine's IP hooks. No masquerading here: a policy on the other node must see the pod's address; the host firewall
 * masquerades what leaves the cluster.
 */
function renderCniConfiguration(podCidr: string): string {
  const configuration = {
    cniVersion: "1.0.0",
    name: network,
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

/**
 * Succeeds when the kernel has every route of the file. Whoever sets the network up anew takes routes away that are not its own, and the
 * unit does not see it.
 */
const routesAreThere = `while read -r _ _ network _ via; do
  [[ $(ip -4 route show exact "$network") == *" via $via "* ]] || exit 1
done < <(grep '^route ' ${routeFile})`;

/** systemd-networkd leaves routes alone that others made (networkd.conf(5)); where another program sets up the network nobody reads it. */
const keepRoutes = "/etc/systemd/networkd.conf.d/90-redoubt.conf";

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
    directories: [
      { path: paths.cniConfig, mode: "0700" },
      { path: paths.cniBinaries },
      { path: paths.cniData },
      { path: `${paths.cniData}/networks`, mode: "0700" },
      { path: leases, mode: "0700" },
      { path: "/etc/systemd/networkd.conf.d" },
    ],
    artifacts: cniPlugins.map((plugin) => installed(options.artifacts, plugin, paths.cniBinaries)),
    files: [
      { path: cniFile, content: renderCniConfiguration(options.podCidr), mode: "0600" }, // CIS 1.1.9, 1.1.10
      // host-local locks it, and would make it with bits to execute it.
      { path: `${leases}/lock`, content: "host-local locks this file.\n", mode: "0600" }, // CIS 1.1.9
      { path: routeFile, content: renderRoutes(options.routes), mode: "0600" },
      { path: keepRoutes, content: "[Network]\nManageForeignRoutes=no\n" },
    ],
    steps: [
      {
        description: "routes to the pods of other nodes",
        // Before the unit first ran, or while it still tries, it is the unit's to set them.
        unless: ["bash", "-c", `systemctl is-active --quiet ${routesUnit} || exit 0\n${routesAreThere}`],
        command: ["systemctl", "restart", routesUnit],
      },
    ],
    units: [{ name: routesUnit, content: unit, restartOn: [routeFile] }],
  };
}
