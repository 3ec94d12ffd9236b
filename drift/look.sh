#!/usr/bin/env bash
# The fixed part of the script that looks at a host. It changes nothing: it asks the host's own tools and passes their answers
# on, one JSON line each, in base64, so that nothing of them has to be escaped or understood here.
set -uo pipefail
export LC_ALL=C
readonly answer_seconds=30

# fact NAME COMMAND…: what the command said on stdout, and how it ended
fact() {
  local name=$1 output code
  shift
  output=$(timeout --kill-after=1 "$answer_seconds" "$@" 2>/dev/null | base64 --wrap=0; exit "${PIPESTATUS[0]}")
  code=$?
  printf '{"fact":"%s","exit":%d,"output":"%s"}\n' "$name" "$code" "$output"
}

# loud_fact NAME COMMAND…: as fact, with what it said on stderr
loud_fact() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  fact "$1" bash -c '"$@" 2>&1' loud "${@:2}"
}

# checksums FILE…: sha256 and name of each that is there, ended by NUL. openssl, where it is, uses the processor's own instructions and
# takes a quarter of sha256sum's time, which on a host's programs is seconds.
checksums() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  fact checksums bash -c 'if command -v openssl >/dev/null; then openssl dgst -sha256 -r "$@" | tr "\n" "\0"; else sha256sum --zero -- "$@"; fi' checksums "$@"
}

# files_below NAME FOLDER…: everything below each folder that is there, ended by NUL; it fails only where find does
files_below() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  fact "$1" bash -c 'for folder; do [[ ! -e $folder ]] || find "$folder" -mindepth 1 -print0 || exit; done' below "${@:2}"
}

# certificate_dates NAME PATH: beginning and end of the first certificate in a PEM file or kubeconfig; private keys in it are passed over
certificate_dates() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  fact "$1" bash -c '{ sed -n "s/^ *client-certificate-data: *//p" "$1" | base64 --decode; cat "$1"; } | openssl x509 -noout -startdate -enddate' certificate "$2"
}
