import {
  firstGeneration,
  isRotated,
  issuingAuthorityFile,
  type AuthorityGenerations,
} from "../pki/authority-generations";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { shellCommand } from "../plan/quote";

/**
 * A kubelet renews its client certificate by itself and then goes by that, whatever its kubeconfig holds. So when another generation
 * of the authorities issues, one of the generation before is thrown away: the kubelet begins again with its kubeconfig. By then
 * every controller manager must sign with the new generation, else it would only renew the old.
 *
 * @param generations Default: the first alone.
 */
export function freshCertificate(generations: AuthorityGenerations = firstGeneration): PlanFragment {
  if (!isRotated(generations)) return {};
  const certificate = `${paths.kubeletPki}/kubelet-client-current.pem`;
  const verify = shellCommand([
    ...["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", issuingAuthorityFile],
    certificate,
  ]);
  return {
    steps: [
      {
        description: `kubelet's own certificate is of generation ${generations.issuing} of the authority`,
        // One that runs without the file was cut off between the two halves of the command.
        unless: [
          "bash",
          "-c",
          `if [ -e ${certificate} ]; then ${verify}; else ! systemctl is-active --quiet kubelet.service; fi`,
        ],
        command: [
          "bash",
          "-c",
          `rm -f ${paths.kubeletPki}/kubelet-client-*.pem && systemctl try-restart kubelet.service`,
        ],
      },
    ],
  };
}
