import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import { ApplyPlan } from "../plan/apply-plan";
import type { ArtifactCatalog } from "../plan/artifact-catalog";
import { mergeFragments } from "../plan/merge";
import { etcdMember } from "./etcd-member";
import { keptSnapshots, type KeptSnapshotsOptions } from "./kept-snapshots";
import type { EtcdPeer } from "./membership";

/** Arguments of {@link EtcdCluster}. */
export interface EtcdClusterArgs {
  readonly clusterName: string;
  /** The control plane hosts; each runs one member. */
  readonly hosts: readonly Host[];
  /** Which snapshots each host keeps by itself. */
  readonly snapshots: KeptSnapshotsOptions;
  readonly artifacts: ArtifactCatalog;
}

/**
 * The etcd cluster: one member on each control plane host. One is born alone and the others join it, each as a learner first; so does a
 * host that is added later, or one that lost its data. Members change one after the other, so that a majority always answers.
 */
export class EtcdCluster extends pulumi.ComponentResource {
  /** IPv4 addresses on which members serve clients. */
  public readonly addresses: readonly string[];
  /** What each host reported. */
  public readonly applied: readonly ApplyPlan[];

  public constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:etcd:EtcdCluster", name, {}, opts);
    const memberOf = ({ spec }: Host): EtcdPeer => ({ name: spec.name, address: spec.address });
    const members = args.hosts.map(memberOf);
    // A host asks all others whether they are a cluster already, and each must be able to answer.
    const ready = args.hosts.flatMap((host) => [...host.ready]);
    const applied: ApplyPlan[] = [];
    for (const host of args.hosts) {
      const etcd = etcdMember({
        member: memberOf(host),
        members,
        clusterToken: args.clusterName,
        artifacts: args.artifacts,
      });
      const plan = mergeFragments({ etcd, snapshots: keptSnapshots(host.spec.address, args.snapshots) });
      applied.push(
        new ApplyPlan(
          `${name}-${host.spec.name}`,
          { phase: "etcd", connection: host.connection, plan },
          { parent: this, dependsOn: [...ready, ...applied.slice(-1)] },
        ),
      );
    }
    this.applied = applied;
    this.addresses = members.map(({ address }) => address);
    this.registerOutputs({ addresses: this.addresses });
  }
}
