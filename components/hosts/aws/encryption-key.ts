import { Alias } from "@pulumi/aws/kms/alias";
import { Key } from "@pulumi/aws/kms/key";
import * as pulumi from "@pulumi/pulumi";

/** Arguments of {@link EncryptionKey}. */
export interface EncryptionKeyArgs {
  readonly clusterName: string;
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  /** Refuse to delete it: every disk is lost with it. */
  readonly protect: boolean;
}

/** What administrators of keys do (AWS KMS: Allows key administrators to administer the key); nothing of it decrypts. */
const administration = [
  ...["Describe", "Enable", "List", "Put", "Update", "Revoke", "Disable", "Get", "Delete"].map(
    (verb) => `kms:${verb}*`,
  ),
  ...[
    "kms:CreateAlias",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
  ],
];

/** What EC2 does for who starts instances (Amazon EBS: How encryption works). */
const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"];

/**
 * The key's policy: IAM of the account decides who administers it, and its data passes through EC2 alone. A grant, by which EC2
 * opens a disk again after a stop, may be given to services of AWS only.
 */
export function renderKeyPolicy({
  accountId,
  region,
}: Pick<EncryptionKeyArgs, "accountId" | "region">): string {
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  const byEc2 = { "kms:ViaService": `ec2.${region}.amazonaws.com`, "kms:CallerAccount": accountId };
  const statement = (Sid: string, Action: readonly string[], Condition?: object): object => ({
    Sid,
    Effect: "Allow",
    Principal,
    Action,
    Resource: "*",
    ...(Condition === undefined ? {} : { Condition }),
  });
  const policy = {
    Version: "2012-10-17",
    Statement: [
      statement("Administration", administration),
      statement("DisksByEc2", use, { StringEquals: byEc2 }),
      statement("GrantsToEc2", ["kms:CreateGrant"], {
        StringEquals: byEc2,
        Bool: { "kms:GrantIsForAWSResource": "true" },
      }),
    ],
  };
  return JSON.stringify(policy);
}

/** The customer's key of all disks, renewed every year. */
export class EncryptionKey extends pulumi.ComponentResource {
  public readonly arn: pulumi.Output<string>;

  public constructor(name: string, args: EncryptionKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:aws:EncryptionKey", name, {}, opts);
    const key = new Key(
      `${name}-key`,
      {
        description: `Disks of the cluster ${args.clusterName}`,
        enableKeyRotation: true,
        // As long as KMS waits at most: a key that was deleted by mistake can be taken back.
        deletionWindowInDays: 30,
        policy: renderKeyPolicy(args),
        tags: { Name: `${args.clusterName}-disks` },
      },
      { parent: this, protect: args.protect },
    );
    new Alias(
      `${name}-alias`,
      { name: `alias/redoubt-${args.clusterName}-disks`, targetKeyId: key.id },
      { parent: this },
    );
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
