import { issuingAuthorityFile, type AuthorityGenerations } from "../pki/authority-generations";
import { paths } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";
import { shellCommand } from "../plan/quote";

/** What a kubelet's client certificate must be. */
export interface FreshCertificateOptions {
  /** Name of the Node; the certificate's CN is `system:node:NAME` (kubernetes.io, "Using Node Authorization"). */
  readonly nodeName: string;
  readonly authorities: AuthorityGenerations;
}

const certificate = `${paths.kubeletPki}/kubelet-client-current.pem`;

/** Succeeds for a certificate that the issuing authority made for that node, and that has not ended. */
function isFresh(nodeName: string): string {
  const verify = shellCommand([
    ...["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", issuingAuthorityFile],
    certificate,
  ]);
  const subject = shellCommand(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline"]);
  const name = shellCommand([
    "grep",
    "--quiet",
    "--line-regexp",
    `  *commonName  *= system:node:${nodeName}`,
  ]);
  return `${verify} && ${subject} -in ${certificate} | ${name}`;
}

/**
 * A kubelet renews its client certificate by itself and then goes by that, whatever its kubeconfig holds. So one is thrown away that an
 * earlier generation of the authority made, that is of another name, as after the host was renamed, or that has ended while the host was
 * off: the kubelet begins again with its kubeconfig. When another generation issues, every controller manager must sign with it by then,
 * else it would only renew the old.
 */
export function freshCertificate({ nodeName, authorities }: FreshCertificateOptions): PlanFragment {
  return {
    // Drift asks it too when the certificates of the host end.
    packages: ["openssl"],
    steps: [
      {
        description: `kubelet's own certificate is ${nodeName}'s, and of generation ${authorities.issuing} of the authority`,
        // One that runs without the file was cut off between the two halves of the command.
        unless: [
          "bash",
          "-c",
          `if [ -e ${certificate} ]; then ${isFresh(nodeName)}; else ! systemctl is-active --quiet kubelet.service; fi`,
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
