import { trustedAuthoritiesFile, type AuthorityGenerations } from "../pki/authority-generations";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { behindFirewall } from "../plan/behind-firewall";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { apiServerPort } from "../plan/ports";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";
import { admissionPlugins, renderAdmissionConfiguration, type PodSecurityDefaults } from "./admission";
import { configurationFile, ownFile as own, type ApiServerPart } from "./api-server-part";
import { renderAuditPolicy } from "./audit-policy";
import { authentication, type AuthenticationOptions } from "./authentication";
import { authorization, type AuthorizationOptions } from "./authorization";
import { kubeApiserverCheck, kubeApiserverSafeRestart } from "./safe-restart";
import { tlsCipherSuites, tlsMinVersion } from "../plan/tls";

/** Rotation of the audit log (CIS 1.2.16–1.2.19). */
export interface AuditLogOptions {
  /** Days that a rotated file is kept (`--audit-log-maxage`). */
  readonly maxAge: number;
  /** Rotated files that are kept (`--audit-log-maxbackup`). */
  readonly maxBackup: number;
  /** Megabytes after which the file is rotated (`--audit-log-maxsize`). */
  readonly maxSize: number;
}

/** What makes an API server. */
export interface KubeApiserverOptions extends AuthenticationOptions, AuthorizationOptions {
  /** IPv4 address that it advertises to the cluster. */
  readonly advertiseAddress: string;
  /** Addresses of all etcd members. */
  readonly etcdAddresses: readonly string[];
  readonly serviceClusterIpRange: string;
  readonly podSecurity: PodSecurityDefaults;
  readonly auditLog: AuditLogOptions;
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** The system user that runs the API server and owns its keys. */
export const kubeApiserverUser = "kube-apiserver";

/** What the API server's subjects of their own add. */
function parts(options: KubeApiserverOptions): readonly ApiServerPart[] {
  return [authentication(options), authorization(options)];
}

const files = {
  auditPolicy: own("audit-policy.yaml"),
  admission: own("admission.yaml"),
  encryption: own("encryption.yaml"),
  auditLog: `${paths.kubeApiserverLogs}/audit.log`,
};

/** The API server's command line; ids are of CIS Kubernetes 1.12. */
export function kubeApiserverFlags(options: KubeApiserverOptions): string[] {
  const ofParts = parts(options).map(({ flags }) => flags);
  return renderFlags({
    ...Object.fromEntries(ofParts.flatMap((flags) => Object.entries(flags))),
    "advertise-address": options.advertiseAddress,
    "secure-port": apiServerPort,
    "allow-privileged": false,
    "enable-admission-plugins": admissionPlugins, // 1.2.3, 1.2.9, 1.2.10, 1.2.14
    "admission-control-config-file": files.admission,
    "audit-policy-file": files.auditPolicy, // 3.2.1
    "audit-log-path": files.auditLog, // 1.2.16
    "audit-log-maxage": options.auditLog.maxAge, // 1.2.17
    "audit-log-maxbackup": options.auditLog.maxBackup, // 1.2.18
    "audit-log-maxsize": options.auditLog.maxSize, // 1.2.19
    "tls-cert-file": own("tls.crt"), // 1.2.24
    "tls-private-key-file": own("tls.key"),
    "tls-min-version": tlsMinVersion,
    "tls-cipher-suites": tlsCipherSuites, // 1.2.29
    "etcd-servers": options.etcdAddresses.map((address) => `https://${address}:2379`),
    "etcd-cafile": own("etcd-ca.crt"), // 1.2.26
    "etcd-certfile": own("etcd-client.crt"), // 1.2.23
    "etcd-keyfile": own("etcd-client.key"),
    "encryption-provider-config": files.encryption, // 1.2.27, 1.2.28
    "kubelet-certificate-authority": trustedAuthoritiesFile(options.authorities), // 1.2.5
    "kubelet-client-certificate": own("kubelet-client.crt"), // 1.2.4
    "kubelet-client-key": own("kubelet-client.key"),
    // A node's name is in no DNS; without this `kubectl exec` and `logs` fail.
    "kubelet-preferred-address-types": ["InternalIP"],
    profiling: false, // 1.2.15
    "proxy-client-cert-file": own("front-proxy-client.crt"),
    "proxy-client-key-file": own("front-proxy-client.key"),
    "requestheader-client-ca-file": `${paths.pki}/front-proxy-ca.crt`,
    "requestheader-allowed-names": ["front-proxy-client"],
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    // Ends watches on the way down; else a stop waits a minute for clients that never hang up.
    "shutdown-watch-termination-grace-period": "3s",
    "service-cluster-ip-range": options.serviceClusterIpRange,
  });
}

/** The plan of one API server: program, policy files, unit under its own user. */
export function kubeApiserver(options: KubeApiserverOptions): PlanFragment {
  const program = installed(options.artifacts, "kube-apiserver");
  const configuration = [
    configurationFile("audit-policy.yaml", renderAuditPolicy()),
    configurationFile("admission.yaml", renderAdmissionConfiguration(options.podSecurity)),
    ...parts(options).flatMap((part) => part.files),
  ];
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes API server",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
      Wants: "network-online.target",
      After: ["network-online.target", "etcd.service"],
    },
    Service: {
      Type: "notify",
      User: kubeApiserverUser,
      Group: kubeApiserverUser,
      ExecStartPre: behindFirewall,
      ExecStart: execStart(program.path, kubeApiserverFlags(options)),
      Restart: "always",
      RestartSec: "1s",
      LimitNOFILE: 65536,
      TimeoutStartSec: "120s",
      // It keeps nothing that a kill could lose.
      TimeoutStopSec: "15s",
      ...sandbox({ writablePaths: [paths.kubeApiserverLogs] }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    absent: parts(options).flatMap(({ absent = [] }) => absent),
    directories: [
      { path: paths.kubeApiserverLogs, owner: kubeApiserverUser, group: kubeApiserverUser, mode: "0700" },
    ],
    artifacts: [program],
    files: [...configuration, kubeApiserverCheck],
    units: [
      {
        name: "kube-apiserver.service",
        content: unit,
        restartOn: [program.path, ...configuration.map(({ path }) => path)],
        safeRestart: kubeApiserverSafeRestart,
      },
    ],
  };
}
