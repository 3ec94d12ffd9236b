import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { behindFirewall } from "../plan/behind-firewall";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";
import {
  hasStarted,
  joinEnvironment,
  joinStep,
  mayStart,
  peerUrl,
  settled,
  type MembershipOptions,
} from "./membership";

/** What makes an etcd member. */
export interface EtcdMemberOptions extends MembershipOptions {
  /** Keeps two clusters apart that share a network (etcd `--initial-cluster-token`). */
  readonly clusterToken: string;
  readonly artifacts: ArtifactCatalog;
}

/** The system user that owns etcd's data and keys (CIS 1.1.12). */
export const etcdUser = "etcd";

/** Files whose change restarts etcd; they travel apart, because they belong to keys. */
const certificates = {
  authority: `${paths.etcdPki}/ca.crt`,
  serverCertificate: `${paths.etcdPki}/server.crt`,
  serverKey: `${paths.etcdPki}/server.key`,
  peerCertificate: `${paths.etcdPki}/peer.crt`,
  peerKey: `${paths.etcdPki}/peer.key`,
};

/**
 * etcd's command line. Clients and peers must show a certificate of etcd's own authority (CIS 2.1–2.7), nothing listens
 * without TLS but the health and metrics endpoint on loopback.
 * Source: etcd.io/docs/v3.6/op-guide/configuration and /security.
 */
function etcdFlags(options: EtcdMemberOptions): string[] {
  const { member, clusterToken } = options;
  return renderFlags({
    name: member.name,
    "data-dir": paths.etcdData,
    "listen-client-urls": [`https://${member.address}:2379`, "https://127.0.0.1:2379"],
    "advertise-client-urls": `https://${member.address}:2379`,
    "listen-peer-urls": peerUrl(member),
    // Alone, where it is not started with the environment of a join: flags would win over that.
    "initial-advertise-peer-urls": peerUrl(member),
    "initial-cluster-token": clusterToken,
    "listen-metrics-urls": "http://127.0.0.1:2381",
    "client-cert-auth": true,
    "trusted-ca-file": certificates.authority,
    "cert-file": certificates.serverCertificate,
    "key-file": certificates.serverKey,
    "peer-client-cert-auth": true,
    "peer-trusted-ca-file": certificates.authority,
    "peer-cert-file": certificates.peerCertificate,
    "peer-key-file": certificates.peerKey,
    "tls-min-version": "TLS1.2",
    "cipher-suites": [
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ],
    "auto-compaction-mode": "periodic",
    "auto-compaction-retention": "8h",
    // What the API server expects: a request that is larger than its own limit must not fail here first.
    "max-request-bytes": 1572864,
    "quota-backend-bytes": 8589934592,
    "log-level": "warn",
  });
}

/** The plan of one etcd member: its program, its unit under its own user, its data directory (CIS 1.1.11, 1.1.12). */
export function etcdMember(options: EtcdMemberOptions): PlanFragment {
  const etcd = installed(options.artifacts, "etcd");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "etcd",
      Documentation: "https://etcd.io/docs/v3.6/",
      Wants: "network-online.target",
      After: "network-online.target",
    },
    Service: {
      Type: "notify",
      User: etcdUser,
      Group: etcdUser,
      EnvironmentFile: `-${joinEnvironment}`,
      ExecStartPre: [behindFirewall, execStart("/bin/sh", ["-c", mayStart])],
      ExecStart: execStart(etcd.path, etcdFlags(options)),
      // Root's, outside of the sandbox; a full disk must not take etcd down.
      ExecStartPost: `-+${execStart("/bin/sh", ["-c", hasStarted])}`,
      Restart: "always",
      RestartSec: "1s",
      LimitNOFILE: 65536,
      TimeoutStartSec: "120s",
      ...sandbox({ writablePaths: [paths.etcdData] }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    directories: [{ path: paths.etcdData, owner: etcdUser, group: etcdUser, mode: "0700" }],
    artifacts: [etcd, installed(options.artifacts, "etcdctl"), installed(options.artifacts, "etcdutl")],
    steps: [joinStep(options)],
    units: [{ name: "etcd.service", content: unit, restartOn: [etcd.path] }],
    readiness: [settled(options)],
  };
}
