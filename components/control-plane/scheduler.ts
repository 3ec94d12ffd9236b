import { stringify } from "yaml";
import { trustedAuthoritiesFile, type AuthorityGenerations } from "../pki/authority-generations";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { credentialPath, loadCredential, type Credential } from "../plan/credential";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";
import { tlsCipherSuites, tlsMinVersion } from "../plan/tls";
import { waitForApiServer } from "./wait-for-api-server";

/** What makes a scheduler. */
export interface SchedulerOptions {
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** The system user that runs the scheduler and owns the keys that it serves with. */
export const schedulerUser = "kube-scheduler";

const own = (file: string): string => `${paths.scheduler}/${file}`;
const configuration = own("config.yaml");
const unitName = "kube-scheduler.service";

/** Root's, as CIS 1.1.16 wants it, and yet read by a program that is not root. */
const kubeconfig: Credential = { unit: unitName, name: "kubeconfig", file: paths.schedulerKubeconfig };

/** The scheduler's command line; ids are of CIS Kubernetes 1.12. */
export function schedulerFlags({ authorities }: Pick<SchedulerOptions, "authorities"> = {}): string[] {
  return renderFlags({
    config: configuration,
    "authentication-kubeconfig": credentialPath(kubeconfig),
    "authorization-kubeconfig": credentialPath(kubeconfig),
    "bind-address": "127.0.0.1", // 1.4.2
    "client-ca-file": trustedAuthoritiesFile(authorities),
    "requestheader-client-ca-file": `${paths.pki}/front-proxy-ca.crt`,
    "tls-cert-file": own("tls.crt"),
    "tls-private-key-file": own("tls.key"),
    "tls-min-version": tlsMinVersion,
    "tls-cipher-suites": tlsCipherSuites,
    profiling: false, // 1.4.1; read from the command line by the check, ruled by enableProfiling of the file
  });
}

/** The KubeSchedulerConfiguration file (kubescheduler.config.k8s.io/v1). */
function renderSchedulerConfiguration(): string {
  return stringify({
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig: credentialPath(kubeconfig) },
    enableProfiling: false,
    enableContentionProfiling: false,
    leaderElection: { leaderElect: true },
  });
}

/** The plan of one scheduler. */
export function scheduler(options: SchedulerOptions): PlanFragment {
  const program = installed(options.artifacts, "kube-scheduler");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes scheduler",
      Documentation: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/",
      After: "kube-apiserver.service",
    },
    Service: {
      User: schedulerUser,
      Group: schedulerUser,
      ...loadCredential(kubeconfig),
      ExecStartPre: waitForApiServer(kubeconfig),
      ExecStart: execStart(program.path, schedulerFlags(options)),
      Restart: "always",
      RestartSec: "1s",
      ...sandbox({ writablePaths: [] }),
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return {
    artifacts: [program],
    // Where it lay when it was the user's own: what reads another file now restarts in this script.
    absent: [own("kubeconfig")],
    files: [
      {
        path: configuration,
        content: renderSchedulerConfiguration(),
        owner: "root",
        group: schedulerUser,
        mode: "0640",
      },
    ],
    units: [{ name: unitName, content: unit, restartOn: [program.path, configuration] }],
  };
}
