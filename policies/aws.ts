import { awsIamRules } from "./aws-iam";
import { isOpenNetwork } from "./open-network";
import { resourceRule, shown, type Finding, type ResourceRule } from "./rule";
import { fields, list, texts, type Fields } from "./structured-files";

const instance = "aws:ec2/instance:Instance";
const launchTemplate = "aws:ec2/launchTemplate:LaunchTemplate";
const launchConfiguration = "aws:ec2/launchConfiguration:LaunchConfiguration";
const securityGroup = "aws:ec2/securityGroup:SecurityGroup";
const defaultSecurityGroup = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";
const securityGroupRule = "aws:ec2/securityGroupRule:SecurityGroupRule";
const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const volume = "aws:ebs/volume:Volume";
const loadBalancer = "aws:lb/loadBalancer:LoadBalancer";
const eksCluster = "aws:eks/cluster:Cluster";

const metadataService = resourceRule(
  [instance, launchTemplate, launchConfiguration],
  {
    id: "aws-imdsv1",
    rule: "the metadata service wants a session token, and answers the host only",
    why: "a request that an attacker has the instance make, or a pod, brings its role's credentials",
    source: "AWS: Configure the instance metadata options; CIS AWS Foundations 3.0, 5.6",
    fix: "set metadataOptions.httpTokens: required and httpPutResponseHopLimit: 1",
  },
  ({ props }) => {
    const options = fields(props["metadataOptions"]);
    if (options["httpEndpoint"] === "disabled") return [];
    const hops = options["httpPutResponseHopLimit"] ?? 1;
    return [
      ...(options["httpTokens"] === "required"
        ? []
        : [{ what: `metadataOptions.httpTokens is ${shown(options["httpTokens"])}` }]),
      ...(Number(hops) > 1 ? [{ what: `metadataOptions.httpPutResponseHopLimit is ${shown(hops)}` }] : []),
    ];
  },
);

/** Ports that are let in from everywhere. */
interface Opening {
  readonly from: number;
  readonly to: number;
  readonly cidr: string;
}

/** ICMP of both families: its `fromPort` and `toPort` are a type and a code. */
const withoutPorts: ReadonlySet<string> = new Set(["icmp", "icmpv6", "1", "58"]);

function openings(rule: Fields): Opening[] {
  const protocol = String(rule["protocol"] ?? rule["ipProtocol"]).toLowerCase();
  if (withoutPorts.has(protocol)) return [];
  const cidrs = [
    ...texts(rule["cidrBlocks"]),
    ...texts(rule["ipv6CidrBlocks"]),
    ...texts([rule["cidrIpv4"], rule["cidrIpv6"]]),
  ];
  const all = ["-1", "all"].includes(protocol);
  const from = all ? 0 : Number(rule["fromPort"] ?? 0);
  const to = all ? 65535 : Number(rule["toPort"] ?? from);
  return cidrs.filter(isOpenNetwork).map((cidr) => ({ from, to, cidr }));
}

function openingsOf(type: string, props: Fields): Opening[] {
  switch (type) {
    case securityGroup:
    case defaultSecurityGroup:
      return list(props["ingress"]).flatMap((rule) => openings(fields(rule)));
    case securityGroupRule:
      return props["type"] === "ingress" ? openings(props) : [];
    default:
      return openings(props);
  }
}

const groups = [securityGroup, defaultSecurityGroup, securityGroupRule, ingressRule];
const covers = ({ from, to }: Opening, port: number): boolean => from <= port && port <= to;
const openTo = ({ from, to, cidr }: Opening): string =>
  `${from === to ? from : `${from}-${to}`} from ${cidr}`;

const ssh = 22;
const api = 6443;

const publicSsh = resourceRule(
  groups,
  {
    id: "aws-public-ssh",
    rule: "SSH is not open to the internet",
    why: "it is attacked within minutes, and the next hole in OpenSSH is everybody's",
    source: "CIS AWS Foundations 3.0, 5.2 and 5.3",
    fix: "allow port 22 from the operators' networks, or use Session Manager",
  },
  ({ type, props }) =>
    openingsOf(type, props)
      .filter((opening) => covers(opening, ssh))
      .map((opening) => ({ what: `it lets in ${openTo(opening)}` })),
);

const openGroup = resourceRule(
  groups,
  {
    id: "aws-open-security-group",
    rule: "no other port is open to the internet either",
    why: "kubelets, etcd and node ports are for the cluster",
    source: "CIS AWS Foundations 3.0, 5.4; components/plan/ports.ts",
    fix: "name the security group or network that needs the port",
  },
  ({ type, props }) =>
    openingsOf(type, props)
      .filter(({ from, to }) => !(from === to && (from === ssh || from === api)))
      .map((opening) => ({ what: `it lets in ${openTo(opening)}` })),
);

const publicApi = resourceRule(
  [...groups, loadBalancer, eksCluster],
  {
    id: "aws-public-api-endpoint",
    rule: "the API server is reached from an allow list only",
    why: "an endpoint that everybody reaches is one hole in authentication away from everything",
    source: "NSA/CISA Kubernetes hardening guide 1.2, control plane hardening",
    fix: "make the load balancer internal, or give it security groups that name networks (allowedCidrs)",
  },
  ({ type, props }): Finding[] => {
    if (type === loadBalancer) {
      const open = props["internal"] !== true && list(props["securityGroups"]).length === 0;
      return open ? [{ what: "it faces the internet and has no security group" }] : [];
    }
    if (type === eksCluster) {
      const access = fields(props["vpcConfig"]);
      // Left out, it is everywhere.
      const cidrs = access["publicAccessCidrs"] ?? ["0.0.0.0/0"];
      const open = access["endpointPublicAccess"] !== false && texts(cidrs).some(isOpenNetwork);
      return open ? [{ what: "vpcConfig.publicAccessCidrs is everywhere" }] : [];
    }
    return openingsOf(type, props)
      .filter((opening) => covers(opening, api))
      .map((opening) => ({ what: `it lets in ${openTo(opening)}` }));
  },
);

/** Disks that a resource declares, by where. */
function disks(type: string, props: Fields): (readonly [string, Fields])[] {
  if (type === volume) return [["volume", props]];
  if (type === launchTemplate) {
    return list(props["blockDeviceMappings"])
      .map((item) => [String(fields(item)["deviceName"]), fields(fields(item)["ebs"])] as const)
      .filter(([, ebs]) => Object.keys(ebs).length > 0);
  }
  const extra = list(props["ebsBlockDevices"]).map(
    (item) => [String(fields(item)["deviceName"]), fields(item)] as const,
  );
  // A root disk that nobody declares is as the image has it.
  return [["rootBlockDevice", fields(props["rootBlockDevice"])], ...extra];
}

const encryptedVolume = resourceRule(
  [volume, instance, launchTemplate, launchConfiguration],
  {
    id: "aws-unencrypted-volume",
    rule: "volumes are encrypted",
    why: "a snapshot that is shared by mistake, or a disk that is not wiped, holds etcd and every key",
    source: "CIS AWS Foundations 3.0, 2.2.1",
    fix: "set encrypted: true and kmsKeyId to a key of yours",
  },
  ({ type, props }) => [
    ...disks(type, props)
      .filter(([, disk]) => disk["encrypted"] !== true && disk["encrypted"] !== "true")
      .map(([name]) => ({ what: `${name} is not encrypted` })),
    ...(type === launchTemplate && list(props["blockDeviceMappings"]).length === 0
      ? [{ what: "it declares no disk, so the image decides" }]
      : []),
  ],
);

/** What AWS is asked for. */
export const awsRules: readonly ResourceRule[] = [
  metadataService,
  publicSsh,
  openGroup,
  publicApi,
  encryptedVolume,
  ...awsIamRules,
];
