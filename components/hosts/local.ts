import { createHash } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Host, HostConnection, HostProvider, HostSpec } from "./host";
import type { StackKeyOptions } from "./stack-key-generations";
import { attemptedKeys, makeStackKeys, type StackKeys } from "./stack-keys";

/** Arguments of {@link LocalMachines}. */
export interface LocalMachinesArgs {
  /** Names the machines, their disks and their bridge; unique on the box. */
  readonly clusterName: string;
  readonly hosts: readonly HostSpec[];
  /** IPv4 network of the machines, as `10.77.5.0/24`. */
  readonly subnet: string;
  /** The box's own address in that network, without prefix. */
  readonly gateway: string;
  /** The user that may log in; it has sudo. */
  readonly adminUser: string;
  /** Which keys the stack logs in with, and hosts let in. */
  readonly stackKeys: StackKeyOptions;
  /** Root filesystem that all machines share read-only. */
  readonly baseImage: string;
  /** Folder with `tools` and `images`, mounted read-only into every machine. */
  readonly artifactStore: string;
}

/** The one script that knows systemd-nspawn; it runs on the box, from the folder of the program. */
const machineScript = "components/hosts/local/machine.sh";

/** Interface names have at most 15 characters (IFNAMSIZ), so the cluster's name is hashed. */
export function bridgeName(clusterName: string): string {
  return `rdb-${createHash("sha256").update(clusterName).digest("hex").slice(0, 8)}`;
}

/**
 * Booted systemd-nspawn machines on this box: one bridge, one machine per host, an overlay each on one shared base.
 * Host keys are made by the stack, so the very first connection is already pinned. They share the box's kernel: good for trying,
 * developing and testing; no security boundary against the box.
 */
export class LocalMachines extends pulumi.ComponentResource implements HostProvider {
  /** The machines, in the order of `args.hosts`. */
  public readonly hosts: readonly Host[];
  public readonly stackKeys: StackKeys;

  public constructor(name: string, args: LocalMachinesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "redoubt:hosts:LocalMachines",
      name,
      { subnet: args.subnet, ...attemptedKeys(args.stackKeys) },
      opts,
    );
    const bridge = bridgeName(args.clusterName);
    const prefixLength = args.subnet.split("/")[1] ?? "24";

    // Who may log in.
    this.stackKeys = makeStackKeys(name, args.stackKeys, this);

    // The bridge that joins the machines.
    const network = new command.local.Command(
      `${name}-network`,
      {
        create: `${machineScript} network-create`,
        update: `${machineScript} network-create`,
        delete: `${machineScript} network-delete`,
        environment: {
          CLUSTER: args.clusterName,
          BRIDGE: bridge,
          BRIDGE_ADDRESS: `${args.gateway}/${prefixLength}`,
          SUBNET: args.subnet,
        },
        triggers: [bridge, args.subnet],
        addPreviousOutputInEnv: false,
      },
      { parent: this, deleteBeforeReplace: true },
    );

    // The machines.
    this.hosts = args.hosts.map((spec) => {
      const hostKey = new tls.PrivateKey(
        `${name}-${spec.name}-host-key`,
        { algorithm: "ED25519" },
        { parent: this },
      );
      const machine = new command.local.Command(
        `${name}-${spec.name}`,
        {
          create: `${machineScript} create`,
          update: `${machineScript} create`,
          delete: `${machineScript} delete`,
          stdin: hostKey.privateKeyOpenssh,
          environment: {
            CLUSTER: args.clusterName,
            NAME: spec.name,
            ADDRESS: spec.address,
            PREFIX_LENGTH: prefixLength,
            GATEWAY: args.gateway,
            BRIDGE: bridge,
            BASE_IMAGE: args.baseImage,
            ARTIFACT_STORE: args.artifactStore,
            ADMIN_USER: args.adminUser,
            AUTHORIZED_KEYS: this.stackKeys.publicKey,
          },
          // Who a machine is: with another address or key it is another machine.
          triggers: [spec.address, hostKey.publicKeyFingerprintSha256],
          addPreviousOutputInEnv: false,
          logging: "none",
        },
        {
          parent: this,
          dependsOn: [network],
          deleteBeforeReplace: true,
          // A machine keeps the base that it was made on.
          ignoreChanges: ["environment.BASE_IMAGE"],
        },
      );
      const connection: pulumi.Output<HostConnection> = pulumi
        .all([this.stackKeys.privateKey, hostKey.publicKeyOpenssh])
        .apply(([privateKey, hostPublicKey]) => ({
          host: spec.address,
          user: args.adminUser,
          privateKey,
          hostKey: hostPublicKey.trim(),
          dialErrorLimit: 20,
        }));
      return { spec, connection, ready: [machine] };
    });
    this.registerOutputs({ bridge });
  }
}
