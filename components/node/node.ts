import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host, HostConnection, HostSpec } from "../hosts/host";
import { lastScript } from "../hosts/inventory/last-script";
import { firstGeneration, type AuthorityGenerations } from "../pki/authority-generations";
import { ApplyPlan } from "../plan/apply-plan";
import { asRoot } from "../plan/as-root";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { mergeFragments } from "../plan/merge";
import { containerd, type PreloadedImage } from "./containerd";
import { freshCertificate } from "./fresh-certificate";
import { kubeProxy } from "./kube-proxy";
import { kubeRouter } from "./kube-router";
import { kubelet, type Taint } from "./kubelet";
import { renderLeave, renderRetire } from "./leave";
import { controlPlaneNodeRole, controlPlaneRole } from "./node-role";
import { podNetwork } from "./pod-network";
import { registryFragment, type Registry } from "./registries";
import { renderReturnTurn, renderTakeTurn, type UpgradeSettings } from "./upgrade-turn";
import { versionSkew } from "./version-skew";

/** Arguments of {@link Node}. */
export interface NodeArgs {
  readonly host: Host;
  readonly allHosts: readonly HostSpec[];
  /** Who knows the way to pods of the other hosts: this host, by static routes over their addresses, or the network. Default: `hosts`. */
  readonly podRoutes?: "hosts" | "network" | undefined;
  readonly podCidr: string;
  readonly serviceClusterIpRange: string;
  readonly clusterDomain: string;
  /** Address of the DNS service. */
  readonly clusterDns: string;
  readonly sandboxImage: string;
  readonly images: readonly PreloadedImage[];
  /** Registries that are reached otherwise than by their name alone. Default: none. */
  readonly registries?: readonly Registry[] | undefined;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
  /** Who lets the node go when its host leaves the cluster. Default: nobody, it goes with the cluster. */
  readonly leavesBy?: LeavesBy | undefined;
  /** Who lets the node's pods move before its kubelet changes its minor version. Default: nobody, it changes under them. */
  readonly upgradesBy?: UpgradesBy | undefined;
}

/** A control plane host, as a node whose version changes needs it. */
export interface UpgradesBy extends UpgradeSettings {
  readonly connection: pulumi.Input<HostConnection>;
  /** The turn of the node before this one, so that one at a time waits for its own. Default: it is the first. */
  readonly after?: pulumi.Resource | undefined;
}

/** A control plane host, as a node that leaves needs it. */
export interface LeavesBy {
  readonly connection: pulumi.Input<HostConnection>;
  /** When that host goes the cluster goes, and nobody has to leave it. */
  readonly deletedWith: pulumi.Resource;
}

const controlPlaneTaints: readonly Taint[] = [{ key: controlPlaneRole, effect: "NoSchedule" }];

/**
 * A Kubernetes node: container runtime, kubelet, service proxy, policy engine and its part of the pod network. It may start before
 * the API server does and then waits for it; the resource is done when the node is Ready.
 */
export class Node extends pulumi.ComponentResource {
  public readonly applied: ApplyPlan;
  /** What the next node's turn comes after; see {@link UpgradesBy}. */
  public readonly turn: pulumi.Resource | undefined;

  public constructor(name: string, args: NodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { spec, connection, ready } = args.host;
    super("redoubt:node:Node", name, { address: spec.address, podCidr: spec.podCidr }, opts);
    const neighbours = args.podRoutes === "network" ? [] : args.allHosts;
    const routes = neighbours
      .filter((other) => other.name !== spec.name)
      .map((other) => ({ podCidr: other.podCidr, via: other.address }));
    const isControlPlane = spec.role === "control-plane";
    const { version } = installed(args.artifacts, "kubelet");
    const plan = mergeFragments({
      "version-skew": versionSkew({
        controlPlanes: args.allHosts
          .filter(({ role }) => role === "control-plane")
          .map(({ address }) => address),
        version,
        drainedAs: args.upgradesBy === undefined ? undefined : spec.name,
      }),
      containerd: containerd(args),
      registries: registryFragment(args.registries ?? []),
      "pod-network": podNetwork({ podCidr: spec.podCidr, routes, artifacts: args.artifacts }),
      "kube-router": kubeRouter({ ...args, nodeName: spec.name }),
      "kube-proxy": kubeProxy({ ...args, nodeName: spec.name }),
      "fresh-certificate": freshCertificate({
        nodeName: spec.name,
        authorities: args.authorities ?? firstGeneration,
      }),
      kubelet: kubelet({
        ...args,
        nodeName: spec.name,
        nodeAddress: spec.address,
        taints: isControlPlane ? controlPlaneTaints : [],
      }),
      ...(isControlPlane ? { "node-role": controlPlaneNodeRole(spec.name) } : {}),
    });
    const { upgradesBy, leavesBy } = args;
    if (upgradesBy !== undefined) {
      this.turn = this.onChange(
        `${name}-turn`,
        upgradesBy.connection,
        renderTakeTurn({ ...upgradesBy, node: spec.name, version }),
        // Drained while its programs are still on their way it would be away for nothing.
        [...ready, ...(upgradesBy.after === undefined ? [] : [upgradesBy.after])],
      );
    }
    this.applied = new ApplyPlan(
      `${name}-plan`,
      { phase: "node", connection, plan },
      { parent: this, dependsOn: [...ready, ...(this.turn === undefined ? [] : [this.turn])] },
    );
    if (upgradesBy !== undefined) {
      const script = renderReturnTurn({ node: spec.name, version });
      this.onChange(`${name}-return`, upgradesBy.connection, script, [this.applied.done]);
    }
    if (leavesBy !== undefined) {
      const { deletedWith } = leavesBy;
      const dependsOn = [this.applied.done];
      // Deleted after what depends on it: pods have moved, and the Node is gone.
      const retire =
        args.host.outlivesStack === true
          ? [
              lastScript(`${name}-retire`, connection, renderRetire(), {
                parent: this,
                dependsOn,
                deletedWith,
              }),
            ]
          : [];
      new command.remote.Command(
        `${name}-leave`,
        {
          connection: leavesBy.connection,
          delete: asRoot,
          stdin: renderLeave(spec.name),
          logging: "none",
          addPreviousOutputInEnv: false,
        },
        { parent: this, dependsOn: [...dependsOn, ...retire], deletedWith },
      );
    }
    this.registerOutputs({});
  }

  /** A script that does nothing for a new node, which is not in the cluster yet, and runs when it is another one, as for another version. */
  private onChange(
    name: string,
    connection: pulumi.Input<HostConnection>,
    stdin: string,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource {
    return new command.remote.Command(
      name,
      { connection, update: asRoot, stdin, logging: "none", addPreviousOutputInEnv: false },
      { parent: this, dependsOn },
    );
  }
}
