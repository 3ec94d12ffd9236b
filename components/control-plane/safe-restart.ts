import { readFileSync } from "node:fs";
import path from "node:path";
import { binaryPath, paths } from "../plan/paths";
import type { FileSpec, SafeRestartSpec } from "../plan/plan";
import { startLimitSeconds } from "../plan/start-limit";

const check = "/usr/local/libexec/redoubt/check-kube-apiserver";

/** The program that tries a configuration of the API server beside the running one. */
export const kubeApiserverCheck: FileSpec = {
  path: check,
  content: readFileSync(path.join(__dirname, "check-kube-apiserver.sh"), "utf8"),
  mode: "0755",
};

/**
 * An API server that works is not given up for a configuration that does not: the new one must become ready on a port of loopback
 * first, and the old one comes back when it then does not on the real one.
 */
export const kubeApiserverSafeRestart: SafeRestartSpec = {
  ready: [
    binaryPath("kubectl"),
    `--kubeconfig=${paths.superAdminKubeconfig}`,
    "--request-timeout=5s",
    ...["get", "--raw", "/readyz"],
  ],
  timeoutSeconds: startLimitSeconds,
  check: [check, "{}"],
  // The check and the readiness command come in with it, so it must fit the API server's certificates.
  alsoProtects: [paths.superAdminKubeconfig],
};
