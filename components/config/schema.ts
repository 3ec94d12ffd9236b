import { z } from "zod";
import { authorizationMode, authorizationSettings } from "./authorization-settings";
import { authenticationSettings, type AuthenticationSettings } from "./authentication-settings";
import { bcryptHash, identityProviderSchema } from "./identity-provider-settings";
import { hosts, hostSecrets } from "./hosts-schema";
import { imageSettings, registryPasswords } from "./image-settings";
import { cidr, dnsLabel, generation, ipAddress, port } from "./schema-types";

/** Kubernetes versions that are built and tested; the next minor is only another entry. */
export const supportedKubernetesVersions = ["1.34.4", "1.35.4", "1.36.3"] as const;

const podSecurityLevel = z.enum(["privileged", "baseline", "restricted"]);
const hours = z.number().int().min(1);
const labels = z.record(z.string(), z.string());

const podPeer = z.strictObject({
  namespace: dnsLabel.describe("Namespace of the pods."),
  podLabels: labels.optional().describe("Labels that the pods carry. Default: every pod of the namespace."),
});
const cidrPeer = z.strictObject({ cidr: cidr.describe("Addresses outside the cluster.") });
const peer = z.union([podPeer, cidrPeer], "must be {namespace, podLabels} or {cidr}");

const portRange = z
  .strictObject({
    protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP").describe("Protocol."),
    port: port.describe("Port, or the first of a range."),
    endPort: port.optional().describe("Last port of a range. Default: only `port`."),
    nodePort: z
      .number()
      .int()
      .min(30000)
      .max(32767)
      .optional()
      .describe(
        "Port of every host that runs pods, where clients of `from.cidr` reach these pods from outside the cluster: the stack makes the Service and opens the hosts. Default: none, nothing outside reaches a pod.",
      ),
  })
  .refine(({ port: first, endPort = first }) => endPort >= first, "has an endPort below its port")
  .refine(({ protocol, nodePort }) => protocol !== "SCTP" || nodePort === undefined, {
    error: "has a nodePort for SCTP; hosts let TCP and UDP through",
    path: ["nodePort"],
  })
  .refine(({ endPort, nodePort }) => endPort === undefined || nodePort === undefined, {
    error: "has a nodePort and an endPort; a nodePort leads to one port",
    path: ["nodePort"],
  });

const allowRule = z.strictObject({
  name: dnsLabel.max(40).describe("Names the policies, and the rule in errors of the probe."),
  from: peer.describe("Who connects."),
  to: peer.describe("To whom."),
  ports: z.array(portRange).min(1).describe("On which ports."),
});

const upgrade = z.strictObject({
  maxUnavailable: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe("Nodes that are drained and change their minor version at once."),
  drainTimeoutSeconds: z
    .number()
    .int()
    .min(10)
    .max(3600)
    .default(300)
    .describe(
      "Seconds in which a node's pods must have moved, as their disruption budgets allow, before its kubelet changes its minor version. Where they have not, `up` fails and the node stays as it is.",
    ),
});

const kubernetes = z.strictObject({
  version: z
    .enum(
      supportedKubernetesVersions,
      `is not supported; supported: ${supportedKubernetesVersions.join(", ")}`,
    )
    .default("1.35.4")
    .describe("Kubernetes version."),
  upgrade: upgrade.prefault({}).describe("How nodes come to another minor version."),
});

const network = z.strictObject({
  podCidr: cidr.default("10.244.0.0/16").describe("IPv4 network of pods; each host gets a /24 of it."),
  serviceClusterIpRange: cidr
    .default("10.96.0.0/16")
    .describe("IPv4 network of service addresses (`--service-cluster-ip-range`)."),
  clusterDomain: z
    .string()
    .regex(/^[a-z0-9.-]+$/)
    .default("cluster.local")
    .describe("Suffix of service names."),
  upstreamResolvers: z
    .array(ipAddress)
    .default([])
    .describe(
      "Resolvers outside the cluster that cluster DNS may ask. Default: none, names outside the cluster are refused.",
    ),
  allow: z.array(allowRule).default([]).describe("Flows that are let through the default deny."),
  probeTimeoutSeconds: z
    .number()
    .int()
    .min(5)
    .max(300)
    .default(30)
    .describe("Seconds until the connectivity probe gives up."),
});

const namespace = z.strictObject({
  name: dnsLabel.describe("Name; the namespace is made and put under default deny."),
  podSecurity: z
    .strictObject({
      enforce: podSecurityLevel.optional().describe("Refused when violated."),
      warn: podSecurityLevel.optional().describe("Warned about."),
      audit: podSecurityLevel.optional().describe("Written to the audit log."),
    })
    .optional()
    .describe("Pod Security Standard, where it differs from the cluster's."),
});

const apiServer = z.strictObject({
  allowedCidrs: z
    .array(cidr)
    .default([])
    .describe(
      "Networks from which the API is let in, beside nodes, pods and the box of local machines. Default elsewhere: `hosts.operatorCidrs`.",
    ),
  endpoint: z
    .string()
    .optional()
    .describe(
      "DNS name or address of a load balancer in front of the API servers. Default: the first control plane; needed when there are more, and on AWS, where it is the name of the load balancer that the stack makes.",
    ),
  subjectAltNames: z
    .array(z.string())
    .default([])
    .describe("More names and addresses in the API server's certificate."),
  authorizationMode,
  podSecurity: z
    .strictObject({
      enforce: podSecurityLevel.default("baseline").describe("Refused when violated."),
      warn: podSecurityLevel.default("restricted").describe("Warned about."),
      audit: podSecurityLevel.default("restricted").describe("Written to the audit log."),
    })
    .prefault({})
    .describe("Pod Security Standard of namespaces that do not say otherwise."),
  auditLog: z
    .strictObject({
      maxAge: z
        .number()
        .int()
        .min(30)
        .default(30)
        .describe("Days that a rotated file is kept (CIS 1.2.17: at least 30)."),
      maxBackup: z
        .number()
        .int()
        .min(10)
        .default(10)
        .describe("Rotated files that are kept (CIS 1.2.18: at least 10)."),
      maxSize: z
        .number()
        .int()
        .min(100)
        .default(100)
        .describe("Megabytes after which the file is rotated (CIS 1.2.19: at least 100)."),
    })
    .prefault({})
    .describe("Rotation of the audit log."),
  encryptionProvider: z
    .enum(["secretbox", "aescbc"])
    .default("secretbox")
    .describe("How secrets are encrypted in etcd (CIS 1.2.28). Another one has everything encrypted anew."),
  encryptionKeys: z
    .strictObject({
      encrypting: generation
        .default(1)
        .describe("Generation that encrypts; docs/encryption-at-rest.md says how to rotate."),
      decrypting: z
        .array(generation)
        .min(1)
        .default([1])
        .describe("Generations that what is stored can be decrypted with. `encrypting` must be among them."),
    })
    .prefault({})
    .describe("Keys that secrets are encrypted with in etcd."),
});

const metricsServer = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      "Whether control planes run metrics-server, which `kubectl top` and HorizontalPodAutoscalers go by; docs/metrics.md.",
    ),
});

const etcd = z.strictObject({
  snapshots: z
    .strictObject({
      intervalHours: z
        .number()
        .int()
        .min(1)
        .max(168)
        .default(12)
        .describe("Hours between two snapshots that a control plane takes by itself."),
      keep: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(5)
        .describe("How many of them stay on each control plane; the oldest goes."),
    })
    .prefault({})
    .describe("Snapshots on the hosts; docs/etcd-backup.md says what they are good for."),
});

const pki = z.strictObject({
  authorityValidityHours: hours
    .default(87600)
    .describe(
      "Lifetime of authorities, in hours. Those of Kubernetes, etcd, the front proxy and webhooks that are there keep the one that they were made with.",
    ),
  leafValidityHours: hours.default(8760).describe("Lifetime of leaf certificates, in hours."),
  renewBeforeHours: hours
    .optional()
    .describe(
      "An `up` issues those leaf certificates anew, with the keys they have, that end within so many hours; what reads them restarts. Default: a third of `leafValidityHours`.",
    ),
  epoch: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe("Increase it to reissue every leaf with a new key; the authorities stay."),
  authorities: z
    .strictObject({
      issuing: generation
        .default(1)
        .describe("Generation that issues certificates; docs/authentication.md says how to rotate."),
      trusted: z
        .array(generation)
        .min(1)
        .default([1])
        .describe("Generations whose certificates are good. `issuing` must be among them."),
    })
    .prefault({})
    .describe("Authorities of Kubernetes, etcd, front proxy and webhooks, which are rotated together."),
  protect: z
    .boolean()
    .optional()
    .describe(
      "Refuse to delete authorities and keys, by `destroy` too. Default: false for local machines, true elsewhere.",
    ),
});

const roleBinding = z.strictObject({
  role: z.enum(["viewer", "developer", "operator", "cluster-reader", "cluster-admin"]).describe("Role."),
  namespace: dnsLabel.optional().describe("For viewer, developer and operator: where."),
  groups: z.array(z.string().min(1)).default([]).describe("Groups that get it."),
  users: z.array(z.string().min(1)).default([]).describe("Users that get it."),
});

const user = z.strictObject({
  name: z.string().min(1).max(64).describe("User name; CN of the certificate."),
  group: z
    .string()
    .min(1)
    .max(64)
    .describe(
      "Group; O of the certificate. One, because the subject has one O; bind the user by name for more.",
    ),
  validityHours: hours
    .max(720, "must be 720 hours at most: a certificate of a person is a pass for days, not a possession")
    .default(24)
    .describe("Lifetime of the certificate, in hours."),
  epoch: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe(
      "Increase it to give the user a new certificate and have the old one refused, as another group or lifetime does by itself; leaving the user out withdraws it for good.",
    ),
});

const access = z.strictObject({
  roleBindings: z.array(roleBinding).default([]).describe("Who has which role."),
  users: z.array(user).default([]).describe("People who get a kubeconfig with a client certificate."),
});

const hardening = z.strictObject({
  timeServers: z.array(z.string()).default([]).describe("NTP servers. Default: Debian's."),
  automaticReboot: z
    .boolean()
    .default(false)
    .describe(
      "Reboot when a security update asks for it, one host after another from 04:00 to 08:00 of their clocks.",
    ),
});

/** Values that only `pulumi config set --secret` may set; see `readSettings`. Other blocks refer to them by name. */
const secrets = z.strictObject({
  staticTokens: z
    .record(
      z.string(),
      z
        .string()
        .min(32, "must have 32 characters at least")
        .regex(
          /^[A-Za-z0-9._~+/-]+=*$/,
          "must be a bearer token: letters, digits and . _ ~ + / - (RFC 6750, 2.1)",
        ),
    )
    .default({})
    .describe("Bearer tokens of `authentication.staticTokens`, by user name."),
  passwordHashes: z
    .record(z.string(), bcryptHash)
    .default({})
    .describe("bcrypt hashes of `identityProvider.staticUsers`, by user name; `npm run password` sets them."),
  ldapBindPassword: z.string().min(1).optional().describe("Password of `identityProvider.ldap.bindDN`."),
  registryPasswords,
  ...hostSecrets,
});

/** Every setting, by its key under `redoubt:` in `Pulumi.<env>.yaml`. */
export const settingsSchema = z.strictObject({
  clusterName: dnsLabel.max(40).optional().describe("Name of the cluster. Default: the stack's."),
  hosts: hosts.prefault({}).describe("Machines."),
  kubernetes: kubernetes.prefault({}).describe("Kubernetes."),
  network: network.prefault({}).describe("Pod network and policies."),
  namespaces: z.array(namespace).default([]).describe("Namespaces under default deny. `default` always is."),
  images: imageSettings.prefault({}).describe("Where images of pods come from."),
  apiServer: apiServer.prefault({}).describe("API server."),
  authorization: authorizationSettings.prefault({}).describe("What the modes of authorization decide by."),
  authentication: authenticationSettings.prefault({}).describe("How callers prove who they are."),
  identityProvider: identityProviderSchema
    .optional()
    .describe("Dex, for people with passwords or in a directory. Default: none."),
  metricsServer: metricsServer
    .prefault({})
    .describe("What nodes and pods use now, as the API `metrics.k8s.io` tells it."),
  etcd: etcd.prefault({}).describe("etcd."),
  pki: pki.prefault({}).describe("Certificates."),
  access: access.prefault({}).describe("Who may do what."),
  hardening: hardening.prefault({}).describe("Hosts."),
  secrets: secrets
    .prefault({})
    .describe(
      "What nobody may read: set each with `pulumi config set --secret --path redoubt:secrets.NAME`.",
    ),
});

/** All settings, with defaults filled in, those included that depend on others. */
export type Settings = Omit<z.infer<typeof settingsSchema>, "pki" | "authentication"> & {
  readonly clusterName: string;
  readonly authentication: AuthenticationSettings;
  readonly pki: Required<z.infer<typeof pki>> & {
    readonly protect: boolean;
    readonly renewBeforeHours: number;
  };
};
