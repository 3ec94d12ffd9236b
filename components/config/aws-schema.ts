import { z } from "zod";
import { architecture, cidr, port } from "./schema-types";

/** Regions of the partition `aws` (AWS: Regions and Zones); China and GovCloud have other partitions, and other owners of images. */
const region = z
  .string()
  .regex(
    /^(af|ap|ca|eu|il|me|mx|sa|us)-(?!gov-|iso)[a-z]+-\d$/,
    "must be a region of the partition aws, as eu-central-1",
  );

const instanceType = z
  .string()
  .regex(/^[a-z]+\d+[a-z0-9-]*\.[a-z0-9-]+$/, "must be an instance type, as m7i.large");

/** Debian names its images after the release. */
export const debianReleases = ["12", "13"] as const;

const instanceTypes = z.strictObject({
  controlPlane: instanceType.default("m7i.large").describe("Of control planes."),
  worker: instanceType.default("m7i.large").describe("Of workers."),
  bastion: instanceType.default("t3.micro").describe("Of the bastion."),
});

/** Instances on AWS. */
export const aws = z.strictObject({
  accountId: z
    .string("must be the twelve digits of an account, in quotes")
    .regex(/^\d{12}$/, "must be the twelve digits of an account, in quotes")
    .describe("The account; the credentials of any other are refused."),
  region: region.describe("Region."),
  availabilityZones: z
    .array(z.string())
    .length(3, "must be three zones: etcd then survives the loss of one")
    .describe("Zones of the region; control planes and workers are spread over them by their numbers."),
  vpcCidr: cidr
    .default("10.40.0.0/16")
    .describe(
      "IPv4 network of the VPC, /16 to /22. Three quarters of it are the private subnets of the zones; the last holds the public ones.",
    ),
  architecture: architecture
    .default("amd64")
    .describe(
      "Processors of all instances: `arm64` is Graviton. Instance types and `imageId` must be of it; programs and images are made for it.",
    ),
  instanceTypes: instanceTypes.prefault({}).describe("Instance types."),
  diskGigabytes: z
    .number()
    .int()
    .min(20)
    .max(16384)
    .default(50)
    .describe("Size of each disk, etcd's data included."),
  debianRelease: z
    .enum(debianReleases)
    .default("12")
    .describe("Debian of the image that is looked up where `imageId` names none."),
  imageId: z
    .string()
    .regex(/^ami-[0-9a-f]{8,17}$/, "must be an image id, as ami-0123456789abcdef0")
    .optional()
    .describe(
      "Image of new instances, pinned. Default: Debian's newest of the release; hosts that run keep theirs.",
    ),
  natGateways: z
    .enum(["per-zone", "one"])
    .default("per-zone")
    .describe("How instances reach the internet: a NAT gateway in each zone, or one that all depend on."),
  access: z
    .enum(["bastion", "instance-connect-endpoint"])
    .default("bastion")
    .describe(
      "The way in: a bastion with a public address that lets `hosts.operatorCidrs` in, or one without, behind an EC2 Instance Connect Endpoint, where IAM says who may open a tunnel.",
    ),
  tunnelPort: port
    .default(2200)
    .describe(
      "For `access: instance-connect-endpoint`: port of this box where the tunnel to the bastion ends.",
    ),
  apiServerPublic: z
    .boolean()
    .default(false)
    .describe(
      "Whether the load balancer of the API faces the internet; `apiServer.allowedCidrs` says who may reach it either way.",
    ),
  hostedZoneId: z
    .string()
    .regex(/^Z[A-Z0-9]{1,31}$/, "must be the id of a hosted zone, as Z0123456789ABCDEFGHIJ")
    .optional()
    .describe(
      "Route 53 zone in which `apiServer.endpoint` becomes an alias of the load balancer. Default: none, somebody else makes the name.",
    ),
  protect: z
    .boolean()
    .default(true)
    .describe(
      "Refuse to delete or replace control planes and the key of the disks, here and in EC2 itself; etcd's data is on those disks.",
    ),
});

/** Instances on AWS as they are written down. */
export type AwsSettings = z.infer<typeof aws>;
