#!/usr/bin/env bash
# Has what is secret in etcd encrypted with the provider and the key that the API server writes with. What was written with others, or before
# there was any, stays as it is until somebody writes it again (kubernetes.io/docs/tasks/administer-cluster/encrypt-data, "Ensure all
# relevant data are encrypted").
# Usage: encrypt-anew look|write PROVIDER KEY FOLDER…, each folder being one of etcd. `look` changes nothing, and succeeds when there is
# nothing to do; both look in etcd itself, where the name of the key stands before all that is encrypted with it.
set -euo pipefail
export LC_ALL=C

readonly verb=$1 key=$3 wanted="k8s:enc:$2:v1:$3:" seconds=60
shift 3
readonly folders=("$@")

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

in_etcd() {
  /usr/local/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/pki/ca.crt \
    --cert=/etc/kubernetes/pki/etcd-healthcheck-client.crt --key=/etc/kubernetes/pki/etcd-healthcheck-client.key \
    --dial-timeout=5s --command-timeout=120s get --prefix --write-out=fields "$1"
}

# Keys in etcd whose value is encrypted otherwise, or not at all. Of a value only its beginning is looked at.
others() {
  local folder
  for folder in "${folders[@]}"; do in_etcd "$folder" || exit 1; done | cut --bytes=1-600 | awk -v wanted="\"Value\" : \"$wanted" '
    /^"Key" : / { key = substr($0, 10); sub(/"$/, "", key) }
    /^"Value" : / && index($0, wanted) != 1 { print key }'
}

# /registry/secrets/NAMESPACE/NAME, and /registry/GROUP/RESOURCE/NAMESPACE/NAME of custom resources → RESOURCE NAMESPACE, each once
places() { sed --quiet 's|^/registry/secrets/\([^/]*\)/[^/]*$|secrets \1|p; s|^/registry/\([^/]*\)/\([^/]*\)/\([^/]*\)/[^/]*$|\2.\1 \3|p' | sort --unique; }

kubectl() { /usr/local/bin/kubectl --kubeconfig=/etc/kubernetes/super-admin.conf --request-timeout=60s "$@"; }

# Nothing of an object changes, but the API server writes it, because it was encrypted otherwise. Who changed or deleted one meanwhile has
# done the same, and what kubectl says of that is no failure: what counts is what etcd has.
write() {
  local resource namespace
  places | while read -r resource namespace; do
    kubectl get "$resource" --namespace="$namespace" --show-managed-fields --output=json </dev/null |
      kubectl replace --validate=false --filename=- || true
  done
}

left=$(others)
[ -n "$left" ] || exit 0
[ "$verb" = write ] || exit 1
deadline=$((SECONDS + seconds))
while [ -n "$left" ]; do
  ((SECONDS < deadline)) ||
    die "in etcd $(wc --lines <<<"$left") are not encrypted with $key, one of them ${left%%$'\n'*}: ${said##*$'\n'}"
  printf 'encrypting anew what is secret in etcd: %s\n' "$(wc --lines <<<"$left")" >&2
  said=$(write <<<"$left" 2>&1)
  left=$(others)
  [ -z "$left" ] || sleep 0.5
done
