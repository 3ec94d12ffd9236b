import { unknown } from "../judge";
import { inputCases, type CaseTable } from "./cases";

const group = "aws:ec2/securityGroup:SecurityGroup";
const ingress = (...rules: readonly object[]): { ingress: object[] } => ({
  ingress: rules.map((rule) => ({ protocol: "tcp", ...rule })),
});
const office = ["203.0.113.0/24"];
const world = ["0.0.0.0/0"];

const metadataOptions = { httpTokens: "required", httpPutResponseHopLimit: 1 };

const statement = { Effect: "Allow", Action: ["s3:GetObject"], Resource: "arn:aws:s3:::backups/*" };
const document = (own: object): { policy: string } => ({
  policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...own }] }),
});

/** Rules on resources of AWS. */
export const awsTable: CaseTable = {
  "aws-imdsv1": inputCases("aws:ec2/instance:Instance", {
    good: { metadataOptions },
    nearGood: { metadataOptions: { httpEndpoint: "disabled", httpTokens: "optional" } },
    nearBad: { metadataOptions: { ...metadataOptions, httpPutResponseHopLimit: 2 } },
    bad: { ami: "ami-1" },
    unknown: { metadataOptions: { httpTokens: unknown } },
  }),
  "aws-public-ssh": inputCases(group, {
    good: ingress({ fromPort: 22, toPort: 22, cidrBlocks: office }),
    nearGood: ingress({ fromPort: 23, toPort: 2200, cidrBlocks: world }),
    nearBad: ingress({ fromPort: 20, toPort: 30, ipv6CidrBlocks: ["::/0"] }),
    bad: ingress({ fromPort: 22, toPort: 22, cidrBlocks: world }),
    unknown: ingress({ fromPort: 22, toPort: 22, cidrBlocks: unknown }),
  }),
  "aws-open-security-group": inputCases(group, {
    good: ingress({ fromPort: 10250, toPort: 10250, cidrBlocks: office }),
    // The API's port has a rule of its own.
    nearGood: ingress({ fromPort: 6443, toPort: 6443, cidrBlocks: world }),
    nearBad: ingress({ fromPort: 6443, toPort: 6444, cidrBlocks: [...office, ...world] }),
    bad: ingress({ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: world }),
    unknown: { ingress: unknown },
  }),
  "aws-public-api-endpoint": inputCases("aws:lb/loadBalancer:LoadBalancer", {
    good: { internal: true },
    nearGood: { internal: false, securityGroups: ["sg-1"] },
    nearBad: { internal: false, securityGroups: [] },
    bad: { loadBalancerType: "network" },
    unknown: { internal: unknown },
  }),
  "aws-unencrypted-volume": inputCases("aws:ec2/instance:Instance", {
    good: { rootBlockDevice: { encrypted: true } },
    nearGood: { rootBlockDevice: { encrypted: "true" } },
    nearBad: { rootBlockDevice: { encrypted: true }, ebsBlockDevices: [{ deviceName: "/dev/sdb" }] },
    bad: { rootBlockDevice: { encrypted: false } },
    unknown: { rootBlockDevice: { encrypted: unknown } },
  }),
  "aws-wildcard-iam": inputCases("aws:iam/rolePolicy:RolePolicy", {
    good: document({}),
    nearGood: document({ Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" }),
    nearBad: document({ Action: ["s3:GetObject", "ec2:*"] }),
    bad: document({ Action: "*", Resource: "*" }),
    unknown: { policy: unknown },
  }),
};
