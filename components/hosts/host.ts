import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { HostRole } from "../plan/ports";

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

/** Who may log in to a host. */
export interface AuthorizedKeys {
  /** The one user with a login. */
  readonly user: string;
  /** Public keys in OpenSSH form, a line each (sshd(8), AUTHORIZED_KEYS FILE FORMAT); the stack's own is among them. */
  readonly keys: pulumi.Input<string>;
}

/** A host that answers SSH, whoever provided it. */
export interface Host {
  readonly spec: HostSpec;
  readonly connection: pulumi.Input<HostConnection>;
  /** What must exist before the first connection. */
  readonly ready: readonly pulumi.Resource[];
  /** Who may log in. Undefined: whoever the host lets in already. */
  readonly authorizedKeys?: AuthorizedKeys;
}
