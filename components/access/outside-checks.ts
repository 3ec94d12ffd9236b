import type { FileSpec, PlanFragment } from "../plan/plan";
import { shellCommand } from "../plan/quote";
import { readers } from "../pki/readers";
import type { TrustedIssuer } from "../control-plane/authentication-configuration";
import type { LdapOptions } from "./dex";

const libexec = "/usr/local/libexec/redoubt";

/** Says in one line why a TLS server outside the cluster can't be used: `openssl s_client` says it in ten. */
const checkTls: FileSpec = {
  path: `${libexec}/check-tls`,
  mode: "0755",
  content: `#!/usr/bin/env bash
# check-tls ADDRESS:PORT AUTHORITY [OPTION-OF-s_client…]
set -euo pipefail
server=$1 authority=$2
shift 2
if answer=$(timeout 5 openssl s_client -connect "$server" -CAfile "$authority" -verify_return_error -brief "$@" </dev/null 2>&1); then
  exit 0
fi
reason=$(sed --quiet --regexp-extended 's/^verify error:num=[0-9]+:/its certificate is refused: /p; s/.*BIO_connect:([^:]+):.*/\\1/p' <<<"$answer")
reason=\${reason%%$'\\n'*}
printf '%s: %s\\n' "$server" "\${reason:-no TLS within 5 s}"
exit 1
`,
};

/** Says in one line why an issuer can't be used. */
const checkIssuer: FileSpec = {
  path: `${libexec}/check-issuer`,
  mode: "0755",
  content: `#!/usr/bin/env bash
# check-issuer URL [AUTHORITY]
set -euo pipefail
url=$1
options=(--silent --show-error --fail --max-time 5)
if (($# > 1)); then options+=(--cacert "$2"); fi
# A slash at the end is a part of the name, and none of the path.
if ! answer=$(curl "\${options[@]}" "\${url%/}/.well-known/openid-configuration" 2>&1); then
  printf '%s: %s\\n' "$url" "\${answer%%$'\\n'*}"
  exit 1
fi
# Kubernetes takes an issuer only when its document bears the very same URL (OpenID Connect Discovery 1.0, 4.3).
answer=\${answer//\\\\\\//\\/}
if ! grep --quiet --fixed-strings "\\"$url\\"" <<<"$answer"; then
  printf '%s: its discovery document names another issuer\\n' "$url"
  exit 1
fi
`,
};

const withNewline = (pem: string): string => (pem.endsWith("\n") ? pem : `${pem}\n`);

/**
 * Whether the directory answers from here, to Dex's user, with a certificate of its authority: looked at before Dex is given the
 * configuration, so that a wrong one leaves logins as they were.
 */
export function directoryCheck(ldap: LdapOptions): PlanFragment {
  const authority = "/etc/redoubt/ldap-ca.crt";
  const isAddress = ldap.addresses.includes(ldap.host);
  const name = isAddress
    ? ["-verify_ip", ldap.host]
    : ["-verify_hostname", ldap.host, "-servername", ldap.host];
  const options = [...name, ...(ldap.security === "startTLS" ? ["-starttls", "ldap"] : [])];
  return {
    packages: ["openssl"],
    files: [checkTls, { path: authority, content: withNewline(ldap.certificateAuthority) }],
    readiness: ldap.addresses.map((address) => ({
      description: `identityProvider.ldap: the directory ${ldap.host} answers at ${address}:${ldap.port} with a certificate of certificateAuthority`,
      command: [
        ...["runuser", "-u", readers.dex.user, "--"],
        ...[checkTls.path, `${address}:${ldap.port}`, authority, ...options],
      ],
      timeoutSeconds: 8,
    })),
  };
}

/** Whether each issuer outside the stack answers from here as the API server will ask it. */
export function issuerChecks(issuers: readonly TrustedIssuer[]): PlanFragment {
  const authorityFile = (index: number): string => `/etc/redoubt/issuer-${index}.crt`;
  return {
    packages: ["curl"],
    files: [
      checkIssuer,
      ...issuers.flatMap(({ certificateAuthority: pem }, index) =>
        pem === undefined ? [] : [{ path: authorityFile(index), content: withNewline(pem) }],
      ),
    ],
    readiness: issuers.map(({ url, certificateAuthority }, index) => ({
      description: `authentication.oidc[${index}]: the issuer answers ${shellCommand([url])}`,
      command: [
        ...[checkIssuer.path, url],
        ...(certificateAuthority === undefined ? [] : [authorityFile(index)]),
      ],
      timeoutSeconds: 8,
    })),
  };
}
