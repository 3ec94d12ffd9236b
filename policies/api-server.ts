import { structuredAuthentication } from "./structured-files";
import {
  absent,
  atLeast,
  equals,
  equalsOrUnset,
  excludes,
  flagRule,
  includes,
  onlyOf,
  present,
  programRule,
  type Expectation,
} from "./programs";
import type { ResourceRule, RuleInfo } from "./rule";

const apiServer = "kube-apiserver";
const reference = "kube-apiserver(8)";

/** Suites with forward secrecy and authenticated encryption (CIS 1.2.29); TLS 1.3 has only such. */
export const strongSuites: ReadonlySet<string> = new Set([
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
]);

/** TLS 1.2 or newer. */
export const modernTls: Expectation = (value) =>
  value === "VersionTLS12" || value === "VersionTLS13" ? undefined : (present(value) ?? `is ${value ?? ""}`);

function rule(info: RuleInfo, expectations: Readonly<Record<string, Expectation>>): ResourceRule {
  return flagRule(apiServer, { source: reference, ...info }, expectations);
}

/** Requests without a name, whether flags or a file say so. */
const anonymous = programRule(
  apiServer,
  {
    id: "api-server-anonymous-auth",
    cis: ["1.2.1"],
    rule: "anonymous requests are refused",
    why: "whoever reaches the port is somebody to the cluster, and one careless binding away from its secrets",
    source: reference,
    fix: "set --anonymous-auth=false, or anonymous.enabled: false in the file of --authentication-config",
  },
  (program, script) => {
    // The flag first: an API server does not start with both, and the file may travel with secrets, unseen here.
    const flag = program.flags.get("anonymous-auth");
    const file = flag === undefined ? structuredAuthentication(program, script) : undefined;
    if (file?.anonymousEnabled === undefined) {
      const wrong = equals("false")(flag);
      return wrong === undefined ? [] : [{ what: `--anonymous-auth ${wrong}` }];
    }
    return file.anonymousEnabled ? [{ where: file.path, what: "anonymous.enabled is true" }] : [];
  },
);

const identity: readonly ResourceRule[] = [
  anonymous,
  rule(
    {
      id: "api-server-token-auth-file",
      cis: ["1.2.2"],
      rule: "no static tokens",
      why: "tokens of a file live for ever, in plain text, and change only with a restart",
      fix: "use client certificates, OIDC or service accounts; where a token file must be, waive this rule with an end",
      level: "advisory",
    },
    { "token-auth-file": absent },
  ),
  rule(
    {
      id: "api-server-kubelet-client-certificate",
      cis: ["1.2.4"],
      rule: "the API server shows kubelets a client certificate",
      why: "kubelets can't tell it from anybody else",
      fix: "set --kubelet-client-certificate and --kubelet-client-key",
    },
    { "kubelet-client-certificate": present, "kubelet-client-key": present },
  ),
  rule(
    {
      id: "api-server-kubelet-certificate-authority",
      cis: ["1.2.5"],
      rule: "the API server verifies kubelets",
      why: "who stands between it and a node reads logs and takes over `exec` sessions",
      fix: "set --kubelet-certificate-authority",
    },
    { "kubelet-certificate-authority": present },
  ),
  rule(
    {
      id: "api-server-tls",
      cis: ["1.2.24"],
      rule: "the API server has a certificate of its own",
      why: "else it makes one that no client can verify",
      fix: "set --tls-cert-file and --tls-private-key-file",
    },
    { "tls-cert-file": present, "tls-private-key-file": present },
  ),
  rule(
    {
      id: "api-server-client-ca",
      cis: ["1.2.25"],
      rule: "clients may show certificates of a known authority",
      why: "nodes and components have no other name to show",
      fix: "set --client-ca-file",
    },
    { "client-ca-file": present },
  ),
  rule(
    {
      id: "api-server-tls-ciphers",
      cis: ["1.2.29"],
      rule: "only suites with authenticated encryption and forward secrecy",
      why: "recorded traffic can be read later, or altered, with older ones",
      fix: "set --tls-cipher-suites to ECDHE suites with GCM or ChaCha20",
    },
    { "tls-cipher-suites": onlyOf(strongSuites) },
  ),
  rule(
    {
      id: "api-server-tls-version",
      rule: "TLS 1.2 or newer",
      why: "older versions are broken (RFC 8996)",
      source: "RFC 8996; Kubernetes STIG V-242378",
      fix: "set --tls-min-version=VersionTLS12",
    },
    { "tls-min-version": modernTls },
  ),
];

const serviceAccounts: readonly ResourceRule[] = [
  rule(
    {
      id: "api-server-service-account-lookup",
      cis: ["1.2.21"],
      rule: "tokens of deleted service accounts are refused",
      why: "a stolen token would outlive its account",
      fix: "leave --service-account-lookup out, or set it to true",
    },
    { "service-account-lookup": equalsOrUnset("true") },
  ),
  rule(
    {
      id: "api-server-service-account-key",
      cis: ["1.2.22"],
      rule: "service account tokens have a key of their own",
      why: "else the key of TLS signs them, and can't be changed without logging everybody out",
      fix: "set --service-account-key-file",
    },
    { "service-account-key-file": present },
  ),
  rule(
    {
      id: "api-server-service-account-expiration",
      cis: ["1.2.30"],
      rule: "service account tokens are not extended to a year",
      why: "a token that leaks is good for that long",
      fix: "set --service-account-extend-token-expiration=false",
    },
    { "service-account-extend-token-expiration": equals("false") },
  ),
];

const admission: readonly ResourceRule[] = [
  rule(
    {
      id: "api-server-deny-external-ips",
      cis: ["1.2.3"],
      rule: "services may not claim addresses outside the cluster",
      why: "who may make a Service could take over traffic to any address (CVE-2020-8554)",
      fix: "add DenyServiceExternalIPs to --enable-admission-plugins",
    },
    { "enable-admission-plugins": includes("DenyServiceExternalIPs") },
  ),
  rule(
    {
      id: "api-server-event-rate-limit",
      cis: ["1.2.9"],
      rule: "the rate of events is limited",
      why: "one broken pod can fill etcd and slow everybody",
      fix: "add EventRateLimit to --enable-admission-plugins",
      level: "advisory",
    },
    { "enable-admission-plugins": includes("EventRateLimit") },
  ),
  rule(
    {
      id: "api-server-always-admit",
      cis: ["1.2.10"],
      rule: "AlwaysAdmit is off",
      why: "it lets through what other plugins would look at",
      fix: "take AlwaysAdmit out of --enable-admission-plugins",
    },
    { "enable-admission-plugins": excludes("AlwaysAdmit") },
  ),
  rule(
    {
      id: "api-server-service-account-plugin",
      cis: ["1.2.12"],
      rule: "the plugin ServiceAccount is on",
      why: "pods would run without an identity, or with a borrowed one",
      fix: "take ServiceAccount out of --disable-admission-plugins",
    },
    { "disable-admission-plugins": excludes("ServiceAccount") },
  ),
  rule(
    {
      id: "api-server-namespace-lifecycle",
      cis: ["1.2.13"],
      rule: "the plugin NamespaceLifecycle is on",
      why: "objects could be made in namespaces that are being deleted, and default could be deleted",
      fix: "take NamespaceLifecycle out of --disable-admission-plugins",
    },
    { "disable-admission-plugins": excludes("NamespaceLifecycle") },
  ),
  rule(
    {
      id: "api-server-node-restriction",
      cis: ["1.2.14"],
      rule: "a kubelet may change its own node and pods only",
      why: "one lost node would be all nodes",
      fix: "add NodeRestriction to --enable-admission-plugins",
    },
    { "enable-admission-plugins": includes("NodeRestriction") },
  ),
];

const operation: readonly ResourceRule[] = [
  rule(
    {
      id: "api-server-profiling",
      cis: ["1.2.15"],
      rule: "profiling is off",
      why: "profiles show what the server works on, and cost it time",
      fix: "set --profiling=false",
    },
    { profiling: equals("false") },
  ),
  rule(
    {
      id: "api-server-audit-log",
      cis: ["1.2.16"],
      rule: "an audit log is written",
      why: "without it nobody can tell who did what",
      fix: "set --audit-log-path",
    },
    { "audit-log-path": present },
  ),
  rule(
    {
      id: "api-server-audit-maxage",
      cis: ["1.2.17"],
      rule: "audit logs are kept for 30 days or longer",
      why: "intrusions are found late",
      fix: "set --audit-log-maxage to 30 or more",
    },
    { "audit-log-maxage": atLeast(30) },
  ),
  rule(
    {
      id: "api-server-audit-maxbackup",
      cis: ["1.2.18"],
      rule: "10 audit logs or more are kept",
      why: "a burst of requests would push the traces out",
      fix: "set --audit-log-maxbackup to 10 or more",
    },
    { "audit-log-maxbackup": atLeast(10) },
  ),
  rule(
    {
      id: "api-server-audit-maxsize",
      cis: ["1.2.19"],
      rule: "an audit log has 100 MB or more before it is rotated",
      why: "a burst of requests would push the traces out",
      fix: "set --audit-log-maxsize to 100 or more",
    },
    { "audit-log-maxsize": atLeast(100) },
  ),
  rule(
    {
      id: "api-server-audit-policy",
      cis: ["3.2.1"],
      rule: "a policy says what is audited",
      why: "without one nothing is written, whatever the log's path",
      fix: "set --audit-policy-file",
    },
    { "audit-policy-file": present },
  ),
];

/** Command line of the API server. */
export const apiServerRules: readonly ResourceRule[] = [
  ...identity,
  ...serviceAccounts,
  ...admission,
  ...operation,
];
