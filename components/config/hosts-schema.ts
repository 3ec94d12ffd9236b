import { z } from "zod";
import { aws } from "./aws-schema";
import { architecture, cidr, dnsLabel, generation, ipAddress, port } from "./schema-types";

const userName = z.string().regex(/^[a-z_][a-z0-9_-]{0,30}$/, "must be a Debian user name");

/** As in `/etc/ssh/ssh_host_ed25519_key.pub`; the comment may be left out. RFC 8709: 51 bytes, so 68 characters of base64. */
const hostKey = z
  .string()
  .regex(
    /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( .*)?$/,
    "must be the ssh-ed25519 host key in OpenSSH form: the line of /etc/ssh/ssh_host_ed25519_key.pub (hardening retires the others)",
  );

/** Any kind that sshd offers: a bastion is not hardened by this stack. */
const bastionHostKey = z
  .string()
  .regex(
    /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) AAAA[A-Za-z0-9+/]+={0,2}( .*)?$/,
    "must be a host key in OpenSSH form: the line of one of /etc/ssh/ssh_host_*_key.pub",
  );

const inventoryHost = z.strictObject({
  name: dnsLabel.describe("Name of the host and of its node; the host takes it as its hostname."),
  role: z.enum(["control-plane", "worker"]).describe("What it does in the cluster."),
  address: ipAddress.describe("Its IPv4 address: the node's, and where SSH answers."),
  port: port.default(22).describe("Port where its SSH answers, before and after it is adopted."),
  hostKey: hostKey.describe("Its ssh-ed25519 host key, pinned from the first connection."),
  podCidr: cidr
    .optional()
    .describe(
      "The /24 of `network.podCidr` for its pods. Default: the one that the last byte of its address counts to, so that it stays when other hosts come or go.",
    ),
});

const bootstrap = z.strictObject({
  user: userName
    .default("root")
    .describe("Who may log in before the host is adopted: root, or a user that may sudo."),
  authentication: z
    .enum(["agent", "privateKey", "password", "adopted"])
    .default("agent")
    .describe(
      "How: by the SSH agent of whoever runs `up`, by `secrets.bootstrapPrivateKey`, or by `secrets.bootstrapPassword` (also for sudo). `adopted`: every host is adopted already, so nothing is needed and no host can be added.",
    ),
});

const bastion = z.strictObject({
  address: z.string().min(1).describe("Its address or DNS name."),
  port: port.default(22).describe("Port where its SSH answers."),
  user: userName.describe("Who logs in there."),
  hostKey: bastionHostKey.describe("Its host key, pinned."),
  authentication: z
    .enum(["agent", "privateKey"])
    .default("agent")
    .describe("How: by the SSH agent, or by `secrets.bastionPrivateKey`."),
});

const inventory = z.strictObject({
  architecture: architecture
    .default("amd64")
    .describe(
      "Processors of all hosts; programs and images are made for it. A host of another is refused before anything is changed on it.",
    ),
  hosts: z.array(inventoryHost).min(1, "must name at least one host").describe("The hosts."),
  bootstrap: bootstrap.prefault({}).describe("The first login, before a host is adopted."),
  bastion: bastion.optional().describe("The SSH server through which every host is reached. Default: none."),
});

/** Machines of the cluster. */
export const hosts = z.strictObject({
  provider: z
    .enum(["local", "inventory", "aws"], "is no provider of hosts: use local, inventory or aws")
    .default("local")
    .describe(
      "Who provides the hosts: `local`, systemd-nspawn machines on this box, `inventory`, Debian hosts that are there already, or `aws`, instances of EC2 that the stack makes.",
    ),
  controlPlanes: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe("Local machines and AWS: number of control plane hosts; odd, because etcd needs a majority."),
  workers: z
    .number()
    .int()
    .min(0)
    .max(60)
    .default(2)
    .describe("Local machines and AWS: number of worker hosts."),
  subnet: cidr
    .optional()
    .describe(
      "IPv4 network of the hosts. Local machines: a /24, by default derived from the cluster's name, so that two stacks do not clash. Inventory: when given, every address must be in it. AWS: see `hosts.aws.vpcCidr`.",
    ),
  adminUser: userName.default("redoubt").describe("The one user that may log in; it has sudo."),
  sshPublicKeys: z
    .array(
      z
        .string()
        .regex(
          /^(ssh-ed25519|ecdsa-sha2-nistp256|sk-ssh-ed25519@openssh\.com) [^\n]+$/,
          "must be one OpenSSH public key (ed25519 or ECDSA)",
        ),
    )
    .default([])
    .describe(
      "Keys that may log in beside the stack's own. Whatever else was let in before is not any more.",
    ),
  stackKeys: z
    .strictObject({
      connecting: generation
        .default(1)
        .describe("Generation that the stack logs in with; docs/ssh-keys.md says how to rotate."),
      authorized: z
        .array(generation)
        .min(1)
        .default([1])
        .describe("Generations that hosts let in. `connecting` must be among them."),
    })
    .prefault({})
    .describe("The stack's own SSH keys, which it makes itself."),
  operatorCidrs: z
    .array(cidr)
    .default([])
    .describe(
      "Networks from which SSH is let in. Local machines: beside the box itself. Inventory: must be given; with a bastion, its address among them. AWS: to the bastion, which alone reaches the hosts.",
    ),
  artifacts: z
    .enum(["delivered", "released"])
    .default("delivered")
    .describe(
      "How programs reach hosts that are no local machines: `delivered`, over SSH from where `up` runs, or `released`: hosts download what has a release with a pinned sha256 (Kubernetes' programs, from dl.k8s.io) by themselves, and the rest is delivered.",
    ),
  inventory: inventory.optional().describe("For `provider: inventory`: the hosts, and the way to them."),
  aws: aws.optional().describe("For `provider: aws`: where and what the instances are."),
});

/** One host of the inventory as it is written down. */
export type InventoryHostSettings = z.infer<typeof inventoryHost>;
/** The inventory as it is written down. */
export type InventorySettings = z.infer<typeof inventory>;

const privateKey = z
  .string()
  .regex(
    /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]*-----END [A-Z ]*PRIVATE KEY-----\n?$/,
    "must be a private key in PEM or OpenSSH form",
  );

/** What logs in where this stack's key does not yet. */
export const hostSecrets = {
  bootstrapPassword: z
    .string()
    .min(1)
    .regex(/^[^\n\r\0]*$/, "must be one line")
    .optional()
    .describe("Password of `hosts.inventory.bootstrap.user`."),
  bootstrapPrivateKey: privateKey
    .optional()
    .describe("Private key of `hosts.inventory.bootstrap.user`, without a passphrase."),
  bastionPrivateKey: privateKey
    .optional()
    .describe("Private key of `hosts.inventory.bastion.user`, without a passphrase."),
};
