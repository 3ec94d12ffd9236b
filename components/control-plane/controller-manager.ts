import {
  issuingAuthorityFile,
  trustedAuthoritiesFile,
  type AuthorityGenerations,
} from "../pki/authority-generations";
import { installed, type ArtifactCatalog } from "../plan/artifact-catalog";
import { credentialPath, loadCredential, type Credential } from "../plan/credential";
import { renderFlags } from "../plan/flags";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { sandbox } from "../plan/sandbox";
import { execStart, renderUnit } from "../plan/systemd";
import { tlsCipherSuites, tlsMinVersion } from "../plan/tls";
import { waitForApiServer } from "./wait-for-api-server";

/** What makes a controller manager. */
export interface ControllerManagerOptions {
  readonly clusterName: string;
  readonly serviceClusterIpRange: string;
  readonly authentication: {
    /** Whether there are bootstrap tokens, and so expired ones to be removed. */
    readonly bootstrapTokens: boolean;
  };
  /** Which generations of the authorities are in use. Default: the first alone. */
  readonly authorities?: AuthorityGenerations | undefined;
  readonly artifacts: ArtifactCatalog;
}

/** The system user that runs the controller manager and owns the keys that it serves and signs with. */
export const controllerManagerUser = "kube-controller-manager";

const own = (file: string): string => `${paths.controllerManager}/${file}`;
const unitName = "kube-controller-manager.service";

/** Root's, as CIS 1.1.18 wants it, and yet read by a program that is not root. */
const kubeconfig: Credential = {
  unit: unitName,
  name: "kubeconfig",
  file: paths.controllerManagerKubeconfig,
};

/**
 * The controller manager's command line; ids are of CIS Kubernetes 1.12. It signs only renewals of kubelets' client
 * certificates; every other certificate comes from the stack. Pod ranges are given to nodes by the stack too, so that routes
 * are known before anything starts.
 */
export function controllerManagerFlags(options: ControllerManagerOptions): string[] {
  const trustedAuthorities = trustedAuthoritiesFile(options.authorities);
  return renderFlags({
    kubeconfig: credentialPath(kubeconfig),
    "authentication-kubeconfig": credentialPath(kubeconfig),
    "authorization-kubeconfig": credentialPath(kubeconfig),
    "bind-address": "127.0.0.1", // 1.3.7
    "cluster-name": options.clusterName,
    "allocate-node-cidrs": false,
    "client-ca-file": trustedAuthorities,
    "cluster-signing-kubelet-client-cert-file": issuingAuthorityFile,
    "cluster-signing-kubelet-client-key-file": own("ca.key"),
    // The one that signs `cluster-info` stays off: it is for callers without a name, who are not let in.
    controllers: [
      "*",
      "-bootstrapsigner",
      options.authentication.bootstrapTokens ? "tokencleaner" : "-tokencleaner",
    ],
    // Each controller begins with an account and a token of its own: by the defaults, 20 and 30 requests in a second, the first leader of
    // a cluster did nothing for four seconds. Of what it asks, the API server takes as much as it can
    // (API Priority and Fairness).
    "kube-api-qps": 100,
    "kube-api-burst": 200,
    "leader-elect": true,
    profiling: false, // 1.3.2
    "requestheader-client-ca-file": `${paths.pki}/front-proxy-ca.crt`,
    "root-ca-file": trustedAuthorities, // 1.3.5
    "service-account-private-key-file": own("sa.key"), // 1.3.4
    "service-cluster-ip-range": options.serviceClusterIpRange,
    "terminated-pod-gc-threshold": 1000, // 1.3.1
    "tls-cert-file": own("tls.crt"),
    "tls-private-key-file": own("tls.key"),
    "tls-min-version": tlsMinVersion,
    "tls-cipher-suites": tlsCipherSuites,
    "use-service-account-credentials": true, // 1.3.3
  });
}

/** The plan of one controller manager. */
export function controllerManager(options: ControllerManagerOptions): PlanFragment {
  const program = installed(options.artifacts, "kube-controller-manager");
  const unit = renderUnit({
    Unit: {
      // What it waits for may take long; it must not stop trying.
      StartLimitIntervalSec: 0,
      Description: "Kubernetes controller manager",
      Documentation:
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/",
      After: "kube-apiserver.service",
    },
    Service: {
      User: controllerManagerUser,
      Group: controllerManagerUser,
      ...loadCredential(kubeconfig),
      ExecStartPre: waitForApiServer(kubeconfig),
      ExecStart: execStart(program.path, controllerManagerFlags(options)),
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
    units: [{ name: unitName, content: unit, restartOn: [program.path] }],
  };
}
