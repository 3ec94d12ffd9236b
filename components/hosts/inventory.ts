import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { FirstLogin } from "../plan/first-login";
import type { Host, HostConnection, HostProvider, HostSpec } from "./host";
import { renderAdoptionScript } from "./inventory/adoption-script";
import { ArtifactDelivery, type DeliveredFile } from "./inventory/artifact-delivery";
import type { StackKeyOptions } from "./stack-key-generations";
import { attemptedKeys, makeStackKeys, type StackKeys } from "./stack-keys";

/** How somebody proves who they are to an SSH server; a union, because a login takes one of them. */
export type Login =
  /** The SSH agent of whoever runs `up` (`SSH_AUTH_SOCK`). */
  | { readonly by: "agent" }
  | { readonly by: "privateKey"; readonly privateKey: string }
  /** Also for sudo. */
  | { readonly by: "password"; readonly password: string }
  /** The stack's own key: on a host that was adopted before. */
  | { readonly by: "stackKey" };

/** A host that is there already. */
export interface InventoryHost extends HostSpec {
  /** Port where its SSH answers. */
  readonly port: number;
  /** Its ssh-ed25519 host key, in OpenSSH form. */
  readonly hostKey: string;
}

/** The SSH server through which hosts are reached. */
export interface Bastion {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
  readonly login: Exclude<Login, { by: "password" | "stackKey" }>;
}

/** Arguments of {@link Inventory}. */
export interface InventoryArgs {
  readonly hosts: readonly InventoryHost[];
  /** Of all hosts, as `amd64`; one of another is refused before anything is changed on it. */
  readonly architecture: string;
  /** The user that may log in once a host is adopted; it has sudo. */
  readonly adminUser: string;
  /** Which keys the stack logs in with, and hosts let in. */
  readonly stackKeys: StackKeyOptions;
  /** The first login. */
  readonly bootstrap: { readonly user: string; readonly login: Login };
  /** Default: hosts are reached directly. */
  readonly bastion?: Bastion | undefined;
  /** What is brought to a host of a role. */
  readonly deliveries: (spec: HostSpec) => readonly DeliveredFile[];
  /** PEM of every generation of `kubernetes-ca` that the stack trusts: a host of another cluster is not adopted. */
  readonly authorities: pulumi.Input<string>;
}

/** What the settings say of them. */
export type InventorySource = Omit<InventoryArgs, "authorities">;

/** Attempts at a login, each ten seconds at most: a host that is off is an error within a minute. */
const dialing = { dialErrorLimit: 4, perDialTimeout: 10 };

/** The part of a connection that proves who logs in; the agent is asked anyhow. */
function proof(login: Login, stackKey: pulumi.Output<string>): pulumi.Output<Partial<HostConnection>> {
  switch (login.by) {
    case "agent":
      return pulumi.output({});
    case "privateKey":
      return pulumi.secret({ privateKey: login.privateKey });
    case "password":
      return pulumi.secret({ password: login.password });
    case "stackKey":
      return stackKey.apply((privateKey) => ({ privateKey }));
  }
}

/** Short name of a host key: a host with another key is another host, which nobody has adopted yet. */
export function hostKeyName(hostKey: string): string {
  const key = hostKey.split(" ")[1] ?? "";
  return createHash("sha256").update(key, "base64").digest("hex").slice(0, 8);
}

/**
 * Hosts that this stack did not make and will not remove. Each is adopted by one login of whoever may log in now, which makes the
 * administrator with the stack's key; everything later, hardening first, comes by that login. Nothing is done to a host when the
 * stack is destroyed: it is forgotten.
 */
export class Inventory extends pulumi.ComponentResource implements HostProvider {
  public readonly hosts: readonly Host[];
  public readonly stackKeys: StackKeys;

  public constructor(name: string, args: InventoryArgs, opts?: pulumi.ComponentResourceOptions) {
    const addresses = args.hosts.map(({ address }) => address);
    super("redoubt:hosts:Inventory", name, { hosts: addresses, ...attemptedKeys(args.stackKeys) }, opts);

    const { adminUser, architecture } = args;

    // Who may log in.
    this.stackKeys = makeStackKeys(name, args.stackKeys, this);

    // The way to a host, by a user and what proves it.
    const connect = (host: InventoryHost, user: string, login: Login): pulumi.Output<HostConnection> => {
      const { bastion } = args;
      const proxy =
        bastion === undefined
          ? undefined
          : proof(bastion.login, this.stackKeys.privateKey).apply((known) => ({
              ...known,
              ...dialing,
              host: bastion.address,
              port: bastion.port,
              user: bastion.user,
              hostKey: bastion.hostKey,
            }));
      return pulumi.all([proof(login, this.stackKeys.privateKey), proxy]).apply(([known, through]) => ({
        ...known,
        ...dialing,
        host: host.address,
        port: host.port,
        user,
        hostKey: host.hostKey,
        ...(through === undefined ? {} : { proxy: through }),
      }));
    };

    // The hosts.
    const script = pulumi
      .all([this.stackKeys.authorizedKeys, args.authorities])
      .apply(([publicKeys, authorities]) =>
        renderAdoptionScript({ adminUser, publicKeys, architecture, authorities }),
      );
    this.hosts = args.hosts.map((host) => {
      const { user, login } = args.bootstrap;
      const adopted = login.by === "stackKey";
      const adoption = new FirstLogin(
        `${name}-${host.name}-adoption-${hostKeyName(host.hostKey)}`,
        {
          connection: connect(host, adopted ? adminUser : user, login),
          sudoPassword: login.by === "password" ? login.password : undefined,
          script,
        },
        { parent: this },
      );
      const connection = connect(host, adminUser, { by: "stackKey" });
      const delivery = new ArtifactDelivery(
        `${name}-${host.name}-artifacts`,
        {
          connection,
          architecture: { setting: "hosts.inventory.architecture", value: architecture },
          files: args.deliveries(host),
        },
        { parent: this, dependsOn: [adoption.done] },
      );
      const { role, address, podCidr } = host;
      const spec = { name: host.name, role, address, podCidr };
      return { spec, connection, ready: [adoption.done], delivered: [delivery.done], outlivesStack: true };
    });
    this.registerOutputs({});
  }
}
