import { Instance } from "@pulumi/aws/ec2/instance";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { renderCloudInit, type FirstBootOptions } from "./cloud-init";

/** Arguments of {@link HardenedInstance}. */
export interface HardenedInstanceArgs {
  /** Name of the instance in AWS. */
  readonly title: string;
  readonly instanceType: string;
  readonly imageId: pulumi.Input<string>;
  readonly subnetId: pulumi.Input<string>;
  /** Its address in that subnet. */
  readonly privateIp: string;
  readonly securityGroupId: pulumi.Input<string>;
  /** The customer's key of its disk. */
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly diskGigabytes: number;
  /** The keys that let the stack in, one line each in OpenSSH form. */
  readonly stackPublicKeys: pulumi.Input<readonly string[]>;
  /** Who else may log in, in the same form. */
  readonly otherPublicKeys: readonly string[];
  /** What it is told at its first boot, beside its keys. */
  readonly firstBoot: Omit<FirstBootOptions, "hostKey" | "publicKeys">;
  /** Whether it carries packets of others, as of pods. */
  readonly routes: boolean;
  /** Refuse to delete it, here and in EC2. */
  readonly protect: boolean;
  /** Whether an Elastic IP is put on it. */
  readonly elasticIp: boolean;
  /** What must exist before it boots, as its way out and the rules that let it through: its first boot uses the network. */
  readonly bootsAfter: readonly pulumi.Resource[];
  /** Whether another first boot makes another instance; else only new ones are told. */
  readonly replacedByFirstBoot: boolean;
}

/**
 * An instance that is hard from its first packet: the metadata service wants a token and answers nobody behind it, the disk is
 * encrypted by the customer's key, no role comes with it, there is no public address, and nobody but the stack's key gets in. Its
 * host key is made by the stack, so the very first connection is pinned.
 */
export class HardenedInstance extends pulumi.ComponentResource {
  public readonly instance: Instance;
  /** Its host key in OpenSSH form. */
  public readonly hostKey: pulumi.Output<string>;
  /**
   * The same, for connections that must change with the instance. The comment is the id of the instance: another one in its place is another connection, so all that
   * was done by the old one is done again.
   */
  public readonly ownHostKey: pulumi.Output<string>;

  public constructor(name: string, args: HardenedInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:HardenedInstance", name, { privateIp: args.privateIp }, opts);
    const key = new tls.PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, { parent: this });
    this.hostKey = key.publicKeyOpenssh.apply((line) => line.trim());
    const userData = pulumi
      .all([key.privateKeyOpenssh, this.hostKey, args.stackPublicKeys])
      .apply(([privateKey, publicKey, stackKeys]) =>
        renderCloudInit({
          ...args.firstBoot,
          publicKeys: [...stackKeys, ...args.otherPublicKeys],
          hostKey: { privateKey, publicKey },
        }),
      );
    this.instance = new Instance(
      `${name}-instance`,
      {
        ami: args.imageId,
        instanceType: args.instanceType,
        subnetId: args.subnetId,
        privateIp: args.privateIp,
        vpcSecurityGroupIds: [args.securityGroupId],
        associatePublicIpAddress: false,
        sourceDestCheck: !args.routes,
        // Pods are a hop further away than the host (AWS: Configure the instance metadata options).
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
          httpProtocolIpv6: "disabled",
          instanceMetadataTags: "disabled",
        },
        rootBlockDevice: {
          encrypted: true,
          kmsKeyId: args.kmsKeyArn,
          deleteOnTermination: true,
          volumeType: "gp3",
          volumeSize: args.diskGigabytes,
          tags: { Name: args.title },
        },
        disableApiTermination: args.protect,
        // A host that is told to power off is still there.
        instanceInitiatedShutdownBehavior: "stop",
        userData: pulumi.secret(userData),
        userDataReplaceOnChange: args.replacedByFirstBoot,
        tags: { Name: args.title },
      },
      {
        parent: this,
        // Said here, because what a component depends on does not reach its children.
        dependsOn: [...args.bootsAfter],
        protect: args.protect,
        // Two can't have one address.
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["userData", "userDataBase64"],
        ignoreChanges: [
          // Images are for new instances; a newer one mends nothing that updates do not. One that replaces another starts from the
          // same image, so what nobody else updates does it at its first boot.
          "ami",
          ...(args.replacedByFirstBoot ? [] : ["userData"]),
          // An Elastic IP is read as that, after which every refresh would find a reason to replace the instance.
          ...(args.elasticIp ? ["associatePublicIpAddress"] : []),
        ],
      },
    );
    this.ownHostKey = pulumi.interpolate`${this.hostKey} ${this.instance.id}`;
    this.registerOutputs({});
  }
}
