import { flag, replace, type Edit } from "../scripts";

/** Inputs of a resource. */
export type Inputs = Readonly<Record<string, unknown>>;

/** A mistake that a program could make, put into one resource of the real one. */
export interface Mistake {
  /** The rule that must catch it. */
  readonly rule: string;
  /** Name of the resource. */
  readonly resource: string;
  readonly change: (inputs: Inputs) => Inputs;
}

const key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

function inScript(rule: string, resource: string, edit: Edit): Mistake {
  return {
    rule,
    resource,
    change: (inputs) => ({ ...inputs, stdin: edit(inputs["stdin"] as string) }),
  };
}

function inInputs(rule: string, resource: string, own: Inputs): Mistake {
  return { rule, resource, change: (inputs) => ({ ...inputs, ...own }) };
}

const apiServer = "control-plane-control-plane-0-apply";
const apiServerFlag = (rule: string, name: string, value: string | undefined): Mistake =>
  inScript(rule, apiServer, flag("kube-apiserver", name, value));

const hosts: readonly Mistake[] = [
  inScript("hosts-root-login", "worker-0-plan-apply", replace("PermitRootLogin no", "PermitRootLogin yes")),
  inScript(
    "hosts-password-login",
    "worker-1-plan-apply",
    replace("PasswordAuthentication no", "PasswordAuthentication yes"),
  ),
  inScript(
    "hosts-weak-ssh-algorithms",
    "control-plane-0-plan-apply",
    replace("aes128-gcm@openssh.com", "aes128-cbc"),
  ),
  inScript("network-open-firewall", "worker-0-plan-apply", replace("policy drop;", "policy accept;")),
  inInputs("hosts-unpinned-host-key", "probe-run", { connection: { host: "10.77.5.10", user: "redoubt" } }),
  inInputs("hosts-root-connection", "worker-1-plan-confirm", {
    connection: { host: "10.77.5.33", user: "root", hostKey: "ssh-ed25519 AAAA" },
  }),
];

const certificates: readonly Mistake[] = [
  inInputs("certificates-lifetime", "pki-kube-proxy-worker-0-certificate", { validityPeriodHours: 87600 }),
  inInputs("certificates-key-strength", "pki-kube-proxy-worker-0-key", { algorithm: "RSA", rsaBits: 1024 }),
  inInputs("certificates-usages", "pki-admin-certificate", { allowedUses: ["client_auth", "cert_signing"] }),
  inInputs("certificates-wide-names", "pki-kube-apiserver-control-plane-0-request", {
    dnsNames: ["*.cluster.local"],
  }),
  inInputs("certificates-server-names", "pki-kube-scheduler-server-control-plane-0-request", {
    dnsNames: undefined,
    ipAddresses: undefined,
  }),
  inInputs("certificates-kubelet-host", "pki-kubelet-client-worker-1-request", {
    subject: { commonName: "system:node:worker-9", organization: "system:nodes" },
  }),
  inInputs("authorization-masters-certificate", "user-alice-leaf-request", {
    subject: { commonName: "alice", organization: "system:masters" },
  }),
];

const controlPlane: readonly Mistake[] = [
  apiServerFlag("api-server-anonymous-auth", "anonymous-auth", "true"),
  apiServerFlag("api-server-token-auth-file", "token-auth-file", "/etc/kubernetes/tokens.csv"),
  apiServerFlag("api-server-profiling", "profiling", undefined),
  apiServerFlag(
    "api-server-node-restriction",
    "enable-admission-plugins",
    "EventRateLimit,DenyServiceExternalIPs",
  ),
  apiServerFlag("api-server-audit-log", "audit-log-path", undefined),
  apiServerFlag("api-server-kubelet-certificate-authority", "kubelet-certificate-authority", undefined),
  apiServerFlag("api-server-tls-ciphers", "tls-cipher-suites", "TLS_RSA_WITH_AES_128_CBC_SHA"),
  apiServerFlag("authorization-always-allow", "authorization-mode", "Node,RBAC,AlwaysAllow"),
  apiServerFlag("etcd-encryption-at-rest", "encryption-provider-config", undefined),
  inScript(
    "controllers-manager-bind-address",
    apiServer,
    flag("kube-controller-manager", "bind-address", "0.0.0.0"),
  ),
  inScript(
    "files-api-server-unit",
    apiServer,
    replace("kube-apiserver.service root root 600", "kube-apiserver.service root root 666"),
  ),
  inScript("etcd-client-cert-auth", "etcd-control-plane-0-apply", flag("etcd", "client-cert-auth", "false")),
  inScript("etcd-peer-certificate", "etcd-control-plane-0-apply", flag("etcd", "peer-cert-file", undefined)),
];

const nodes: readonly Mistake[] = [
  inScript(
    "nodes-kubelet-anonymous-auth",
    "node-worker-0-plan-apply",
    replace("anonymous:\n    enabled: false", "anonymous:\n    enabled: true"),
  ),
  inScript(
    "nodes-kubelet-authorization",
    "node-worker-1-plan-apply",
    replace("mode: Webhook", "mode: AlwaysAllow"),
  ),
];

const cluster: readonly Mistake[] = [
  inInputs("authorization-wildcard-role", "access-viewer", {
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  }),
  inInputs("authorization-authenticated-binding", "access-binding-cluster-reader", {
    subjects: [{ kind: "Group", name: "system:authenticated" }],
  }),
  inInputs("authorization-anonymous-binding", "access-binding-app-developer", {
    subjects: [{ kind: "User", name: "system:anonymous" }],
  }),
  inInputs("network-open-policy", "network-app-allow-web-to-db-ingress", {
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
  }),
  inInputs("network-default-deny", "network-app-default-deny", {
    spec: { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress", "Egress"] },
  }),
  inInputs("network-dns", "network-default-allow-dns", {
    spec: { podSelector: {}, policyTypes: ["Egress"] },
  }),
  inInputs("secrets-plain-property", "coredns-configuration", { data: { Corefile: key } }),
  inInputs("secrets-command-text", "machines-network", { create: `echo '${key}'` }),
];

/** Resources of stack-level rules, where that is not the one that was changed. */
export const foundElsewhere: Readonly<Record<string, string>> = {
  "certificates-server-names": "pki-kube-scheduler-server-control-plane-0-certificate",
  "certificates-kubelet-host": "pki-kubelet-client-worker-1-certificate",
  "network-default-deny": "network-app",
  // Namespaces that every cluster has are no resource, so the stack stands for them.
  "network-dns": "redoubt-planted",
};

/** What rules rightly find beside the mistakes themselves, because of them: rule and resource. */
export const consequences: readonly (readonly [rule: string, resource: string])[] = [
  // Whose kubelet has the certificate of another is left without one.
  ["certificates-kubelet-host", "worker-1"],
  // The text of a command is a property too.
  ["secrets-plain-property", "machines-network"],
];

/** All of them together, each caught on its own. */
export const mistakes: readonly Mistake[] = [
  ...hosts,
  ...certificates,
  ...controlPlane,
  ...nodes,
  ...cluster,
];

/** Inputs of a resource with all mistakes that are meant for it. */
export function plant(resource: string, inputs: Inputs): Inputs {
  return mistakes
    .filter((mistake) => mistake.resource === resource)
    .reduce((changed, mistake) => mistake.change(changed), inputs);
}
