import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { PlanFragment } from "../plan/plan";
import type { HostRole } from "../plan/ports";
import type { StackKeys } from "./stack-keys";

/** What is known of a host before anything exists: plain, because it decides which resources there are. */
export interface HostSpec {
  /** Name of the host and of its Kubernetes node; a DNS label (RFC 1123). */
  readonly name: string;
  readonly role: HostRole;
  /** IPv4 address in the node network. */
  readonly address: string;
  /** The part of the pod network that this host's pods get. */
  readonly podCidr: string;
}

/** How a command reaches a host: pinned host key, key login only. */
export type HostConnection = types.input.remote.ConnectionArgs;

/** A host that answers SSH, whoever provided it. */
export interface Host {
  readonly spec: HostSpec;
  readonly connection: pulumi.Input<HostConnection>;
  /** What must exist before the first connection. */
  readonly ready: readonly pulumi.Resource[];
  /** What must be done before programs of the cluster are installed. Default: nothing, their store is mounted. */
  readonly delivered?: readonly pulumi.Resource[];
  /** Whether it goes on, with what runs on it, when it has left the stack. Default: its machine is deleted. */
  readonly outlivesStack?: boolean | undefined;
}

/** What AWS calls some of what is made there: for who makes names, opens tunnels or looks into the console. */
export interface MadeOnAws {
  /** The name that AWS gave the load balancer of the API. */
  readonly loadBalancerDnsName: pulumi.Output<string>;
  /** Public address of the bastion; where it has none, the one in the VPC. */
  readonly bastionAddress: pulumi.Output<string>;
  /** As i-0123456789abcdef0; it changes when the bastion is replaced. */
  readonly bastionInstanceId: pulumi.Output<string>;
}

/** Hosts from wherever they come. */
export interface HostProvider {
  readonly hosts: readonly Host[];
  /** The keys that let the stack in. */
  readonly stackKeys: StackKeys;
  /** What such hosts need beside hardening, by subject. Default: nothing. */
  readonly fragments?: Readonly<Record<string, PlanFragment>>;
  /** Who knows the way to pods of other hosts: each host, which must reach the others directly, or the network. Default: `hosts`. */
  readonly podRoutes?: "hosts" | "network";
  /** Default: nothing is made on AWS. */
  readonly aws?: MadeOnAws;
}
