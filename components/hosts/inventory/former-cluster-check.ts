import { paths } from "../../plan/paths";
import { shellQuote } from "../../plan/quote";

const authorityFile = `${paths.pki}/ca.crt`;
const etcdData = `${paths.etcdData}/member`;
const encryptionFile = `${paths.kubeApiserver}/encryption.yaml`;

/**
 * Shell that ends with an error on a host of a cluster that this stack does not know, and nothing shall be changed before that is known:
 * with a state that is lost, or with another stack, the host would be taken over by halves, and new keys would be written over those
 * that read the Secrets in its etcd. A host of this very cluster, as one that shows another host key now, is let through.
 *
 * @param authorities PEM of every generation of `kubernetes-ca` that is trusted.
 */
export function renderFormerClusterCheck(authorities: string): string {
  const rule =
    "is of a cluster that this stack does not know: its state is lost, or the cluster is another's";
  const fix = `Fix: restore the state; or reinstall the host, after you have saved ${encryptionFile} and ${paths.etcdData} where its cluster still counts`;
  return `authorities=${shellQuote(authorities)}
former=''
if [ -s ${authorityFile} ]; then
  [[ $authorities == *"$(<${authorityFile})"* ]] || former=${authorityFile}
elif [ -e ${etcdData} ]; then
  former=${etcdData}
fi
if [ -n "$former" ]; then
  printf '%s %s. %s\\n' "$former" ${shellQuote(rule)} ${shellQuote(fix)} >&2
  exit 1
fi
`;
}
