import { binaryPath } from "../plan/paths";
import { credentialPath, type Credential } from "../plan/credential";
import { shellCommand } from "../plan/quote";
import { execStart } from "../plan/systemd";

/** Seconds until a program starts although the API server is not ready: it waits by itself then, as it would without this. */
const patienceSeconds = 10;

/**
 * `ExecStartPre=` of a client of the API server beside it: until that is ready, which it is when it has its first roles
 * (`poststarthook/rbac/bootstrap-roles`), it refuses everybody. Whoever asks for a leader's lease meanwhile asks again after two to four
 * seconds (client-go, tools/leaderelection: `RetryPeriod` with `JitterFactor`). It never fails.
 */
export function waitForApiServer(kubeconfig: Credential): string {
  const ready = shellCommand([
    binaryPath("kubectl"),
    `--kubeconfig=${credentialPath(kubeconfig)}`,
    "--request-timeout=2s",
    ...["get", "--raw=/readyz"],
  ]);
  const script = `until ${ready} >/dev/null 2>&1; do sleep 0.1; done`;
  return `-${execStart("/usr/bin/timeout", [String(patienceSeconds), "bash", "-c", script])}`;
}
