import type { AwsInstancesArgs } from "../../components/hosts/aws";
import type { ProviderMock, RecordOptions } from "./mocks";
import { sshKeyMocks } from "./ssh-keys";

const zoneNames = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] as const;

/** Settings `hosts.aws` with nothing in them but what must be there; `more` adds to it or replaces. */
export function awsSettings(more: object = {}): object {
  return { accountId: "123456789012", region: "eu-central-1", availabilityZones: zoneNames, ...more };
}

/** Settings of three control planes and two workers; blocks of `more` are added to these or replace them. */
export function awsStack(
  more: { readonly hosts?: object; readonly aws?: object; readonly apiServer?: object } = {},
): Record<string, unknown> {
  return {
    hosts: {
      provider: "aws",
      controlPlanes: 3,
      workers: 2,
      operatorCidrs: ["203.0.113.0/28"],
      aws: awsSettings(more.aws),
      ...more.hosts,
    },
    apiServer: { endpoint: "api.example.org", ...more.apiServer },
  };
}

const zone = (index: number): AwsInstancesArgs["zones"][number] => ({
  name: zoneNames[index] ?? "",
  privateCidr: `10.40.${index * 64}.0/18`,
  publicCidr: `10.40.${192 + index * 16}.0/20`,
});

const host = (
  role: "control-plane" | "worker",
  ordinal: number,
  address: string,
): AwsInstancesArgs["hosts"][number] => ({
  name: `${role}-${ordinal}`,
  role,
  address,
  podCidr: `10.244.${(role === "worker" ? 16 : 0) + ordinal}.0/24`,
  zone: zoneNames[ordinal % 3] ?? "",
});

/** Three control planes and two workers behind a bastion, their load balancer internal. */
export const awsArgs: AwsInstancesArgs = {
  clusterName: "prod",
  accountId: "123456789012",
  region: "eu-central-1",
  architecture: "amd64",
  stackKeys: { connecting: 1, authorized: [1] },
  vpcCidr: "10.40.0.0/16",
  zones: [zone(0), zone(1), zone(2)],
  natGateways: "per-zone",
  hosts: [
    host("control-plane", 0, "10.40.0.10"),
    host("control-plane", 1, "10.40.64.10"),
    host("control-plane", 2, "10.40.128.10"),
    host("worker", 0, "10.40.0.32"),
    host("worker", 1, "10.40.64.32"),
  ],
  instanceTypes: { controlPlane: "m7i.large", worker: "m7i.xlarge", bastion: "t3.micro" },
  diskGigabytes: 50,
  image: { id: "ami-0123456789abcdef0" },
  access: { by: "bastion" },
  bastionAddress: "10.40.240.5",
  bastionCidr: "10.40.240.0/20",
  adminUser: "redoubt",
  sshPublicKeys: ["ssh-ed25519 AAAA operator"],
  operatorCidrs: ["203.0.113.0/28"],
  apiServer: { public: false, clients: ["203.0.113.0/28", "198.51.100.7/32"] },
  features: [],
  podCidr: "10.244.0.0/16",
  nodePorts: [],
  protect: true,
  deliveries: ({ name }) => [{ source: `/cache/${name}`, target: `/opt/redoubt/store/0/${name}` }],
};

const withArn: ProviderMock = (_inputs, name) => ({ arn: `arn:aws:mock:::${name}` });

/** What AWS would compute, as far as the program reads it. */
export const awsMocks: RecordOptions = {
  mocks: {
    ...sshKeyMocks,
    "aws:ec2/eip:Eip": (_inputs, name) => ({ publicIp: `${name}.public-ip` }),
    "aws:ec2/instance:Instance": ({ privateIp }, name) => ({
      primaryNetworkInterfaceId: `${name}-eni`,
      privateIp,
    }),
    "aws:kms/key:Key": withArn,
    "aws:lb/targetGroup:TargetGroup": withArn,
    "aws:lb/loadBalancer:LoadBalancer": (inputs, name) => ({
      ...withArn(inputs, name),
      dnsName: "balancer.elb.amazonaws.com",
      zoneId: "ZELB",
    }),
  },
  calls: { "aws:ec2/getAmi:getAmi": () => ({ id: "ami-found" }) },
};
