import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import { ApplyPlan } from "../plan/apply-plan";
import type { ArtifactCatalog } from "../plan/artifact-catalog";
import { mergeFragments } from "../plan/merge";
import { etcdMember, type EtcdPeer } from "./etcd-member";

/** Arguments of {@link EtcdCluster}. */
export interface EtcdClusterArgs {
  readonly clusterName: string;
  /** The control plane hosts; each runs one member. */
  readonly hosts: readonly Host[];
  readonly artifacts: ArtifactCatalog;
}

/** The etcd cluster: one member on each control plane host. Members are born together and elect their leader themselves. */
export class EtcdCluster extends pulumi.ComponentResource {
  /** IPv4 addresses on which members serve clients. */
  public readonly addresses: readonly string[];
  /** What each host reported. */
  public readonly applied: readonly ApplyPlan[];

  public constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:etcd:EtcdCluster", name, {}, opts);
    const peers: EtcdPeer[] = args.hosts.map(({ spec }) => ({ name: spec.name, address: spec.address }));
    this.applied = args.hosts.map((host) => {
      const member = etcdMember({
        member: { name: host.spec.name, address: host.spec.address },
        initialCluster: peers,
        clusterToken: args.clusterName,
        artifacts: args.artifacts,
      });
      return new ApplyPlan(
        `${name}-${host.spec.name}`,
        { phase: "etcd", connection: host.connection, plan: mergeFragments({ etcd: member }) },
        { parent: this, dependsOn: [...host.ready] },
      );
    });
    this.addresses = peers.map((peer) => peer.address);
    this.registerOutputs({ addresses: this.addresses });
  }
}
