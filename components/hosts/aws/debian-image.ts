import { getAmiOutput } from "@pulumi/aws/ec2/getAmi";
import * as pulumi from "@pulumi/pulumi";

/** Debian's own account; anybody may publish an image that is named as its are (wiki.debian.org/Cloud/AmazonEC2Image). */
export const debianOwner = "136693071363";

/** Which image instances start from. */
export interface DebianImageOptions {
  readonly release: "12" | "13";
  readonly architecture: "amd64" | "arm64";
}

/** AWS has a name of its own for amd64. */
const awsArchitecture = { amd64: "x86_64", arm64: "arm64" } as const;

/** Id of Debian's newest image of the release, as AWS knows it now. */
export function debianImage(
  { release, architecture }: DebianImageOptions,
  opts: pulumi.InvokeOutputOptions,
): pulumi.Output<string> {
  const image = getAmiOutput(
    {
      owners: [debianOwner],
      mostRecent: true,
      filters: [
        // As debian-12-amd64-20260101-1234; backports and daily builds are named otherwise.
        { name: "name", values: [`debian-${release}-${architecture}-2*`] },
        { name: "architecture", values: [awsArchitecture[architecture]] },
        { name: "virtualization-type", values: ["hvm"] },
        { name: "root-device-type", values: ["ebs"] },
      ],
    },
    opts,
  );
  return image.id;
}
