#!/usr/bin/env bash
# Tries a configuration of the API server beside the one that runs: kube-apiserver has no dry run, so it is started for a moment
# with the new unit and files, under the same user and sandbox, on a port of loopback, and must say that it is ready.
# It shares etcd and nothing else: it joins no endpoints, takes no lease of identity, and writes no audit log.
# Usage: check-kube-apiserver FOLDER, which holds the files that would change under their full paths.
set -euo pipefail

readonly candidate=$1 name=redoubt-check-kube-apiserver port=6444 seconds=240
readonly unit=/run/systemd/system/$name.service tree=/run/$name
extra=(
  --bind-address=127.0.0.1
  "--secure-port=$port"
  --audit-log-path=-
  --endpoint-reconciler-type=none
  # Without the first the others, which need it, must be off too: 1.36 has them on by default and refuses to start.
  "--feature-gates=APIServerIdentity=false,StorageVersionAPI=false,UnknownVersionInteroperabilityProxy=false"
)

clean() {
  systemctl stop "$name.service" 2>/dev/null || true
  systemctl reset-failed "$name.service" 2>/dev/null || true
  rm -rf "$unit" "$unit.d" "$tree"
}
trap clean EXIT
clean

# What it reads below /etc/kubernetes, in memory, as it would be.
mkdir --mode=0700 "$tree"
cp --archive /etc/kubernetes "$tree/kubernetes"
while IFS= read -r -d '' file; do
  (umask 022 && mkdir --parents "$tree/${file%/*}")
  cp --preserve=all --no-target-directory "$candidate/etc/$file" "$tree/$file"
done < <(cd "$candidate/etc" 2>/dev/null && find kubernetes -type f -print0 2>/dev/null)

source=/etc/systemd/system/kube-apiserver.service
[ ! -e "$candidate$source" ] || source=$candidate$source
mkdir --parents "$unit.d"
# Of a flag that comes twice the last counts.
sed "/^ExecStart=/,/[^\\\\]\$/ { /[^\\\\]\$/ s|\$| ${extra[*]}| }" "$source" >"$unit"
cat >"$unit.d/check.conf" <<END
[Service]
Restart=no
KillSignal=SIGKILL
StandardOutput=null
StandardError=journal
BindReadOnlyPaths=$tree/kubernetes:/etc/kubernetes
END
begin=$(date +%s)
systemctl daemon-reload
systemctl start --no-block "$name.service"

ask() {
  /usr/local/bin/kubectl --kubeconfig="$tree/kubernetes/super-admin.conf" --server="https://127.0.0.1:$port" \
    --request-timeout=40s "$@" 2>&1
}

deadline=$((SECONDS + seconds))
until answer=$(ask get --raw /readyz); do
  state=$(systemctl show --property=ActiveState --value "$name.service")
  if [ "$state" = failed ] || [ "$state" = inactive ] || ((SECONDS >= deadline)); then
    printf 'kube-apiserver does not become ready with the new configuration (it is %s; %s). The end of its log:\n' "$state" "${answer##*$'\n'}" >&2
    journalctl --unit "$name.service" --since "@$begin" --lines 12 --no-pager --output cat >&2 || true
    exit 1
  fi
  sleep 0.2
done

# What etcd holds must be readable with its keys. Names are printed, and nothing else is.
if ! answer=$(ask get secrets --all-namespaces --output=name); then
  printf 'with the new configuration secrets in etcd can not be read: %s\n' "${answer##*$'\n'}" >&2
  exit 1
fi

# A ready API server may still be deaf: a webhook that can't be asked, because it is down or its authority is another, shows in a review
# about a user whom nobody knows.
review='{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"redoubt:check","resourceAttributes":{"verb":"get","resource":"pods","namespace":"default","name":"check"}}}'
answer=$(ask create --raw /apis/authorization.k8s.io/v1/subjectaccessreviews -f - <<<"$review")
if [[ $answer == *'"evaluationError":'* ]]; then
  printf 'an authorizer of the new configuration can not decide: %s\n' "${answer#*\"evaluationError\":}" >&2
  exit 1
fi
