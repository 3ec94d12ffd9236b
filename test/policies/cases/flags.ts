import { flagCases, type CaseTable, type FlagEdit } from "./cases";
import { spellings } from "./spellings";

type Row = readonly [id: string, nearGood: FlagEdit, nearBad: FlagEdit, bad: FlagEdit];

const apiServer: readonly Row[] = [
  [
    "api-server-token-auth-file",
    ["authentication-token-webhook-cache-ttl", "2m"],
    ["token-auth-file", "none"],
    ["token-auth-file", "/etc/kubernetes/tokens.csv"],
  ],
  [
    "api-server-kubelet-client-certificate",
    ["kubelet-timeout", "5s"],
    ["kubelet-client-key", ""],
    ["kubelet-client-certificate", undefined],
  ],
  [
    "api-server-kubelet-certificate-authority",
    ["kubelet-certificate-authority", "/other.crt"],
    ["kubelet-certificate-authority", ""],
    ["kubelet-certificate-authority", undefined],
  ],
  [
    "api-server-tls",
    ["tls-cert-file", "/other.crt"],
    ["tls-private-key-file", undefined],
    ["tls-cert-file", undefined],
  ],
  [
    "api-server-client-ca",
    ["requestheader-client-ca-file", undefined],
    ["client-ca-file", ""],
    ["client-ca-file", undefined],
  ],
  [
    "api-server-tls-ciphers",
    ["tls-cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    ["tls-cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_GCM_SHA256"],
    ["tls-cipher-suites", undefined],
  ],
  [
    "api-server-tls-version",
    ["tls-min-version", "VersionTLS13"],
    ["tls-min-version", "VersionTLS11"],
    ["tls-min-version", undefined],
  ],
  [
    "api-server-service-account-lookup",
    ["service-account-lookup", undefined],
    ["service-account-lookup", "False"],
    ["service-account-lookup", "false"],
  ],
  [
    "api-server-service-account-key",
    ["service-account-signing-key-file", undefined],
    ["service-account-key-file", ""],
    ["service-account-key-file", undefined],
  ],
  [
    "api-server-service-account-expiration",
    ["service-account-max-token-expiration", "1h"],
    ["service-account-extend-token-expiration", undefined],
    ["service-account-extend-token-expiration", "true"],
  ],
  [
    "api-server-deny-external-ips",
    ["enable-admission-plugins", "NodeRestriction,DenyServiceExternalIPs"],
    ["enable-admission-plugins", "DenyServiceExternalIP"],
    ["enable-admission-plugins", undefined],
  ],
  [
    "api-server-event-rate-limit",
    ["enable-admission-plugins", "EventRateLimit"],
    ["enable-admission-plugins", "NodeRestriction,EventRate"],
    ["enable-admission-plugins", undefined],
  ],
  [
    "api-server-always-admit",
    ["enable-admission-plugins", "AlwaysPullImages"],
    ["enable-admission-plugins", "NodeRestriction,AlwaysAdmit"],
    ["enable-admission-plugins", "AlwaysAdmit"],
  ],
  [
    "api-server-service-account-plugin",
    ["disable-admission-plugins", "ServiceAccountX"],
    ["disable-admission-plugins", "TaintNodesByCondition,ServiceAccount"],
    ["disable-admission-plugins", "ServiceAccount"],
  ],
  [
    "api-server-namespace-lifecycle",
    ["disable-admission-plugins", "NamespaceExists"],
    ["disable-admission-plugins", "PodSecurity,NamespaceLifecycle"],
    ["disable-admission-plugins", "NamespaceLifecycle"],
  ],
  [
    "api-server-node-restriction",
    ["enable-admission-plugins", "EventRateLimit,NodeRestriction"],
    ["enable-admission-plugins", "NodeRestrictions"],
    ["enable-admission-plugins", undefined],
  ],
  ["api-server-profiling", ["contention-profiling", "true"], ["profiling", undefined], ["profiling", "true"]],
  ["api-server-audit-log", ["audit-log-path", "-"], ["audit-log-path", ""], ["audit-log-path", undefined]],
  [
    "api-server-audit-maxage",
    ["audit-log-maxage", "31"],
    ["audit-log-maxage", "29"],
    ["audit-log-maxage", undefined],
  ],
  [
    "api-server-audit-maxbackup",
    ["audit-log-maxbackup", "11"],
    ["audit-log-maxbackup", "9"],
    ["audit-log-maxbackup", undefined],
  ],
  [
    "api-server-audit-maxsize",
    ["audit-log-maxsize", "101"],
    ["audit-log-maxsize", "99"],
    ["audit-log-maxsize", undefined],
  ],
  [
    "api-server-audit-policy",
    ["audit-policy-file", "/other.yaml"],
    ["audit-policy-file", ""],
    ["audit-policy-file", undefined],
  ],
  [
    "etcd-client-certificate",
    ["etcd-certfile", "/other.crt"],
    ["etcd-keyfile", undefined],
    ["etcd-certfile", undefined],
  ],
  [
    "etcd-client-verifies-server",
    ["etcd-servers", "https://10.77.5.10:2379,http://127.0.0.1:2379"],
    ["etcd-servers", "https://10.77.5.10:2379,http://10.77.5.11:2379"],
    ["etcd-cafile", undefined],
  ],
  [
    "etcd-encryption-at-rest",
    ["encryption-provider-config-automatic-reload", "true"],
    ["encryption-provider-config", ""],
    ["encryption-provider-config", undefined],
  ],
  [
    "authorization-always-allow",
    ["authorization-mode", "Node,RBAC,AlwaysDeny"],
    ["authorization-mode", "Node,RBAC,AlwaysAllow"],
    ["authorization-mode", undefined],
  ],
  [
    "authorization-node",
    ["authorization-mode", "RBAC,Node"],
    ["authorization-mode", "Nodes,RBAC"],
    ["authorization-mode", "RBAC"],
  ],
  [
    "authorization-rbac",
    ["authorization-mode", "Webhook,Node,RBAC"],
    ["authorization-mode", "Node,ABAC"],
    ["authorization-mode", "Node"],
  ],
  [
    "authorization-abac",
    ["authorization-policy-file", "/abac.jsonl"],
    ["authorization-mode", "Node,RBAC,ABAC"],
    ["authorization-mode", "ABAC"],
  ],
];

const controllerManager: readonly Row[] = [
  [
    "controllers-pod-gc",
    ["terminated-pod-gc-threshold", "12499"],
    ["terminated-pod-gc-threshold", "12500"],
    ["terminated-pod-gc-threshold", undefined],
  ],
  [
    "controllers-manager-profiling",
    ["contention-profiling", "true"],
    ["profiling", undefined],
    ["profiling", "true"],
  ],
  [
    "controllers-service-account-credentials",
    ["use-service-account-credentials", "true"],
    ["use-service-account-credentials", undefined],
    ["use-service-account-credentials", "false"],
  ],
  [
    "controllers-service-account-key",
    ["service-account-private-key-file", "/other.key"],
    ["service-account-private-key-file", ""],
    ["service-account-private-key-file", undefined],
  ],
  ["controllers-root-ca", ["root-ca-file", "/other.crt"], ["root-ca-file", ""], ["root-ca-file", undefined]],
  [
    "controllers-rotate-kubelet-server-certificate",
    ["feature-gates", "RotateKubeletServerCertificate=true"],
    ["feature-gates", "A=true,RotateKubeletServerCertificate=false"],
    ["feature-gates", "RotateKubeletServerCertificate=false"],
  ],
  [
    "controllers-manager-bind-address",
    ["secure-port", "10257"],
    ["bind-address", "127.0.0.1.example"],
    ["bind-address", "0.0.0.0"],
  ],
];

const scheduler: readonly Row[] = [
  [
    "controllers-scheduler-bind-address",
    ["bind-address", undefined],
    ["bind-address", "127.0.0.11"],
    ["bind-address", "0.0.0.0"],
  ],
];

const kubelet: readonly Row[] = [
  [
    "nodes-kubelet-hostname-override",
    ["hostname", "worker"],
    ["hostname-override", "worker-0"],
    ["hostname-override", "other"],
  ],
];

const etcd: readonly Row[] = [
  ["etcd-server-certificate", ["cert-file", "/other.crt"], ["key-file", undefined], ["cert-file", undefined]],
  [
    "etcd-client-cert-auth",
    ["client-cert-allowed-hostname", "cp"],
    ["client-cert-auth", undefined],
    ["client-cert-auth", "false"],
  ],
  ["etcd-auto-tls", ["auto-tls", "false"], ["auto-tls", "TRUE"], ["auto-tls", "true"]],
  [
    "etcd-peer-certificate",
    ["peer-cert-file", "/other.crt"],
    ["peer-key-file", undefined],
    ["peer-cert-file", undefined],
  ],
  [
    "etcd-peer-client-cert-auth",
    ["peer-cert-allowed-cn", "cp"],
    ["peer-client-cert-auth", undefined],
    ["peer-client-cert-auth", "false"],
  ],
  ["etcd-peer-auto-tls", ["peer-auto-tls", "false"], ["peer-auto-tls", "1"], ["peer-auto-tls", "true"]],
  [
    "etcd-plain-urls",
    ["listen-client-urls", "https://10.77.5.10:2379,http://localhost:2378"],
    ["initial-cluster", "control-plane-0=http://10.77.5.10:2380"],
    ["listen-client-urls", "http://0.0.0.0:2379"],
  ],
  [
    "etcd-own-authority",
    ["trusted-ca-file", "/etc/etcd/pki/other.crt"],
    ["peer-trusted-ca-file", "/etc/kubernetes/pki/ca.crt"],
    ["trusted-ca-file", undefined],
  ],
];

function table(program: string, rows: readonly Row[]): CaseTable {
  return Object.fromEntries(
    rows.map(([id, nearGood, nearBad, bad]) => [id, flagCases(program, { nearGood, nearBad, bad })]),
  );
}

const byProgram: CaseTable = {
  ...table("kube-apiserver", apiServer),
  ...table("kube-controller-manager", controllerManager),
  ...table("kube-scheduler", scheduler),
  ...table("kubelet", kubelet),
  ...table("etcd", etcd),
};

/** Rules on command lines. */
export const flagTable: CaseTable = Object.fromEntries(
  Object.entries(byProgram).map(([id, cases]) => [id, { ...cases, ...spellings[id] }]),
);
