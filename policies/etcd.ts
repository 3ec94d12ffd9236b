import { equals, equalsOrUnset, flagRule, present, programRule, type Expectation } from "./programs";
import { scriptRule } from "./host-script";
import { isLoopback } from "./loopback";
import type { Finding, ResourceRule } from "./rule";
import { fields, list, readYaml, texts } from "./structured-files";

const etcd = "etcd";
const reference = "etcd.io/docs/v3.6/op-guide/security";

/** Whether a URL speaks without TLS to who is not on the same host. */
function isPlain(url: string): boolean {
  if (!URL.canParse(url)) return /^http:/i.test(url);
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !isLoopback(hostname);
}

/** Every URL of the list, which may have a name in front as those of members do, must be https, or on loopback. */
const encrypted: Expectation = (value) => {
  const plain = (value ?? "")
    .split(",")
    .map((url) => url.trim().replace(/^[^=:/]*=/, ""))
    .filter(isPlain);
  return plain.length === 0 ? undefined : `names ${plain.join(", ")}`;
};

const transport: readonly ResourceRule[] = [
  flagRule(
    etcd,
    {
      id: "etcd-server-certificate",
      cis: ["2.1"],
      rule: "etcd serves clients with TLS",
      why: "every secret of the cluster goes over this connection",
      source: reference,
      fix: "set --cert-file and --key-file",
    },
    { "cert-file": present, "key-file": present },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-client-cert-auth",
      cis: ["2.2"],
      rule: "etcd's clients must show a certificate",
      why: "whoever reaches the port reads and writes everything, past every role",
      source: reference,
      fix: "set --client-cert-auth=true",
    },
    { "client-cert-auth": equals("true") },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-auto-tls",
      cis: ["2.3"],
      rule: "etcd does not make its own certificates",
      why: "nobody can verify them",
      source: reference,
      fix: "leave --auto-tls out",
    },
    { "auto-tls": equalsOrUnset("false") },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-peer-certificate",
      cis: ["2.4"],
      rule: "members of etcd talk to each other with TLS",
      why: "the whole data set goes over this connection",
      source: reference,
      fix: "set --peer-cert-file and --peer-key-file",
    },
    { "peer-cert-file": present, "peer-key-file": present },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-peer-client-cert-auth",
      cis: ["2.5"],
      rule: "members of etcd must show a certificate",
      why: "anybody could join as a member and get a copy of everything",
      source: reference,
      fix: "set --peer-client-cert-auth=true",
    },
    { "peer-client-cert-auth": equals("true") },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-peer-auto-tls",
      cis: ["2.6"],
      rule: "members of etcd do not make their own certificates",
      why: "nobody can verify them",
      source: reference,
      fix: "leave --peer-auto-tls out",
    },
    { "peer-auto-tls": equalsOrUnset("false") },
  ),
  flagRule(
    etcd,
    {
      id: "etcd-plain-urls",
      rule: "etcd listens without TLS on loopback only",
      why: "the data could be read and changed on the way",
      source: reference,
      fix: "begin every URL with https://",
    },
    {
      "listen-client-urls": encrypted,
      "advertise-client-urls": encrypted,
      "listen-peer-urls": encrypted,
      "initial-advertise-peer-urls": encrypted,
      "initial-cluster": encrypted,
      "listen-metrics-urls": encrypted,
    },
  ),
];

/** Where authorities lie whose clients are no clients of etcd, by whatever name: while they are rotated they have others. */
const ofTheCluster = "/etc/kubernetes/";

const ofItsOwn: Expectation = (value) =>
  present(value) ??
  (value?.startsWith(ofTheCluster) === true ? "is an authority of the whole cluster" : undefined);

const authority = flagRule(
  etcd,
  {
    id: "etcd-own-authority",
    cis: ["2.7"],
    rule: "etcd trusts an authority of its own",
    why: "else every certificate of the cluster, a person's too, opens the database",
    source: reference,
    fix: "set --trusted-ca-file and --peer-trusted-ca-file to etcd's own authority",
  },
  { "trusted-ca-file": ofItsOwn, "peer-trusted-ca-file": ofItsOwn },
);

const client: readonly ResourceRule[] = [
  flagRule(
    "kube-apiserver",
    {
      id: "etcd-client-certificate",
      cis: ["1.2.23"],
      rule: "the API server shows etcd a certificate",
      why: "etcd must let in everybody who shows none",
      source: reference,
      fix: "set --etcd-certfile and --etcd-keyfile",
    },
    { "etcd-certfile": present, "etcd-keyfile": present },
  ),
  flagRule(
    "kube-apiserver",
    {
      id: "etcd-client-verifies-server",
      cis: ["1.2.26"],
      rule: "the API server verifies etcd",
      why: "who stands between them reads every secret",
      source: reference,
      fix: "set --etcd-cafile, and https:// in --etcd-servers",
    },
    { "etcd-cafile": present, "etcd-servers": encrypted },
  ),
  flagRule(
    "kube-apiserver",
    {
      id: "etcd-encryption-at-rest",
      cis: ["1.2.27"],
      rule: "secrets are encrypted before they are stored",
      why: "a copy of etcd's disk or backup holds every secret in plain text",
      source: "kubernetes.io/docs/tasks/administer-cluster/encrypt-data",
      fix: "set --encryption-provider-config",
    },
    { "encryption-provider-config": present },
  ),
];

const strongProviders = new Set(["aescbc", "secretbox", "kms"]);

/** What is wrong with one EncryptionConfiguration; the first provider of a list writes. */
function judgeEncryption(path: string, content: string): Finding[] {
  const configuration = readYaml(path, content);
  if (configuration["kind"] !== "EncryptionConfiguration") return [];
  const resources = list(configuration["resources"]).map(fields);
  const ofSecrets = resources.filter((item) =>
    texts(item["resources"]).some((name) => ["secrets", "*.", "*.*"].includes(name)),
  );
  const [first] = ofSecrets;
  if (first === undefined) return [{ where: path, what: "secrets are in no list of resources" }];
  const writer = Object.keys(fields(list(first["providers"])[0]))[0] ?? "none";
  return strongProviders.has(writer) ? [] : [{ where: path, what: `secrets are written with ${writer}` }];
}

const providers = scriptRule(
  "secrets",
  {
    id: "etcd-encryption-provider",
    cis: ["1.2.28"],
    rule: "secrets are written with aescbc, secretbox or kms",
    why: "`identity` is no encryption, and nonces of aesgcm run out unseen",
    source: "kubernetes.io/docs/tasks/administer-cluster/encrypt-data",
    fix: "name secretbox, aescbc or kms first under providers",
  },
  (script) =>
    script.files
      .filter((file) => file.content.includes("kind: EncryptionConfiguration"))
      .flatMap((file) => judgeEncryption(file.path, file.content)),
);

const dataDirectory = programRule(
  etcd,
  {
    id: "etcd-data-directory",
    cis: ["1.1.11", "1.1.12"],
    rule: "etcd's data is readable by etcd only",
    why: "it is everything that the cluster knows",
    fix: "give the directory of --data-dir mode 0700 and owner etcd:etcd",
  },
  (program, script) => {
    const path = program.flags.get("data-dir");
    const directory = script.directories.find((item) => item.path === path);
    if (path === undefined || directory === undefined) {
      return [{ what: `the plan does not say who owns ${path ?? "the data directory"}` }];
    }
    const { owner, group, mode } = directory;
    const closed = (Number.parseInt(mode, 8) & 0o077) === 0;
    return owner === "etcd" && group === "etcd" && closed
      ? []
      : [{ where: path, what: `it is of ${owner}:${group} with mode ${mode}` }];
  },
);

/** etcd, and how the API server talks to it. */
export const etcdRules: readonly ResourceRule[] = [
  ...transport,
  authority,
  ...client,
  providers,
  dataDirectory,
];
