import { unknown } from "../judge";
import { furtherInputs, inputCases, type CaseTable } from "./cases";

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

const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const inline = (own: object): object => ({ inlinePolicies: [{ name: "own", ...document(own) }] });
const bounded = { Condition: { StringEquals: { "aws:ResourceTag/cluster": "a" } } };

/** Rules on resources of AWS. */
export const awsTable: CaseTable = {
  "aws-imdsv1": inputCases("aws:ec2/instance:Instance", {
    good: { metadataOptions },
    nearGood: { metadataOptions: { httpEndpoint: "disabled", httpTokens: "optional" } },
    nearBad: { metadataOptions: { ...metadataOptions, httpPutResponseHopLimit: 2 } },
    bad: { ami: "ami-1" },
    unknown: { metadataOptions: { httpTokens: unknown } },
  }),
  "aws-public-ssh": {
    alsoBad: furtherInputs(group, {
      "everybody by another base": ingress({ fromPort: 22, toPort: 22, cidrBlocks: ["10.0.0.0/0"] }),
    }),
    ...inputCases(group, {
      good: ingress({ fromPort: 22, toPort: 22, cidrBlocks: office }),
      nearGood: ingress({ fromPort: 23, toPort: 2200, cidrBlocks: world }),
      nearBad: ingress({ fromPort: 20, toPort: 30, ipv6CidrBlocks: ["::/0"] }),
      bad: ingress({ fromPort: 22, toPort: 22, cidrBlocks: world }),
      unknown: ingress({ fromPort: 22, toPort: 22, cidrBlocks: unknown }),
    }),
  },
  "aws-open-security-group": {
    alsoGood: furtherInputs(group, {
      "a type of ICMP, which is no port": ingress({
        protocol: "icmp",
        fromPort: 3,
        toPort: 4,
        cidrBlocks: world,
      }),
    }),
    ...inputCases(group, {
      good: ingress({ fromPort: 10250, toPort: 10250, cidrBlocks: office }),
      // The API's port has a rule of its own.
      nearGood: ingress({ fromPort: 6443, toPort: 6443, cidrBlocks: world }),
      nearBad: ingress({ fromPort: 6443, toPort: 6444, cidrBlocks: [...office, ...world] }),
      bad: ingress({ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: world }),
      unknown: { ingress: unknown },
    }),
  },
  "aws-public-api-endpoint": {
    alsoBad: furtherInputs("aws:eks/cluster:Cluster", {
      "an endpoint that says nothing": { vpcConfig: {} },
      "an endpoint for everybody by another base": { vpcConfig: { publicAccessCidrs: ["10.0.0.0/0"] } },
    }),
    ...inputCases("aws:lb/loadBalancer:LoadBalancer", {
      good: { internal: true },
      nearGood: { internal: false, securityGroups: ["sg-1"] },
      nearBad: { internal: false, securityGroups: [] },
      bad: { loadBalancerType: "network" },
      unknown: { internal: unknown },
    }),
  },
  "aws-unencrypted-volume": inputCases("aws:ec2/instance:Instance", {
    good: { rootBlockDevice: { encrypted: true } },
    nearGood: { rootBlockDevice: { encrypted: "true" } },
    nearBad: { rootBlockDevice: { encrypted: true }, ebsBlockDevices: [{ deviceName: "/dev/sdb" }] },
    bad: { rootBlockDevice: { encrypted: false } },
    unknown: { rootBlockDevice: { encrypted: unknown } },
  }),
  "aws-wildcard-iam": {
    alsoGood: [
      ...furtherInputs(rolePolicy, {
        "a change of everything, under a condition": document({
          Action: "ec2:AttachVolume",
          Resource: "*",
          ...bounded,
        }),
        "a look at what holds no data": document({
          Action: ["s3:GetBucketLocation", "ec2:Describe*", "ecr:GetAuthorizationToken"],
          Resource: "*",
        }),
        "a secret that is named": document({
          Action: "secretsmanager:GetSecretValue",
          Resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-*",
        }),
        "the roles of one path": document({
          Action: "iam:PassRole",
          Resource: "arn:aws:iam::*:role/nodes/*",
        }),
        "objects of one bucket": document({ Action: "s3:PutObject", Resource: "arn:aws:s3:::backups/*" }),
      }),
      ...furtherInputs("aws:iam/role:Role", {
        "a role with narrow policies": {
          ...inline({}),
          managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
        },
        "a role that forbids inline policies": { inlinePolicies: [{}] },
      }),
    ],
    alsoBad: [
      ...furtherInputs(rolePolicy, {
        "everything of a service, written otherwise": document({ Action: "iam:?*" }),
        "everything but one resource": document({
          Resource: undefined,
          NotResource: "arn:aws:s3:::audit/*",
        }),
        "every secret": document({ Action: "secretsmanager:GetSecretValue", Resource: "*" }),
        "every parameter": document({ Action: "ssm:GetParameter*", Resource: "*" }),
        "every object": document({ Action: "s3:Get*", Resource: "arn:aws:s3:::*" }),
        "every object of every bucket": document({ Action: "s3:GetObject", Resource: "arn:aws:s3:::*/*" }),
        "what every key has encrypted": document({ Action: "kms:Decrypt", Resource: "*" }),
        "every role": document({ Action: "iam:PassRole", Resource: "arn:aws:iam::*:role/*" }),
        "all verbs of a kind on everything, whatever the condition": document({
          Action: "iam:Put*",
          Resource: "*",
          ...bounded,
        }),
      }),
      ...furtherInputs("aws:iam/role:Role", {
        "a role that attaches an administrator's policy": {
          managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
        "a role with a wide policy in it": { ...inline({ Action: "*", Resource: "*" }) },
      }),
    ],
    ...inputCases(rolePolicy, {
      good: document({}),
      nearGood: document({ Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" }),
      nearBad: document({ Action: ["s3:GetObject", "ec2:*"] }),
      bad: document({ Action: "*", Resource: "*" }),
      unknown: { policy: unknown },
    }),
  },
};
