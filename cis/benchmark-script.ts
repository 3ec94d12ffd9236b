import { paths } from "../components/plan/paths";
import type { HostRole } from "../components/plan/ports";
import { shellCommand } from "../components/plan/quote";
import { whenWhole } from "../components/plan/whole-script";
import { hostVariables, kubeletConfiguration } from "./variables";

/** A program that follows the script on stdin. */
export interface SentProgram {
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Parts of the benchmark by what a host is. `policies`, its section 5, is no part: kube-bench gives its commands, which are bash's, to
 * /bin/sh; where that is Debian's dash they fail and are counted as passed.
 */
export const benchmarkTargets: Readonly<Record<HostRole, readonly string[]>> = {
  "control-plane": ["master", "controlplane", "etcd", "node"],
  worker: ["node"],
};

/**
 * The script that runs the benchmark on a host, and prints what the program prints. The program lies in a folder that only root enters,
 * and goes with it when the script ends, however it ends; nothing else on the host is written.
 */
export function renderBenchmarkScript(role: HostRole, { size, sha256 }: SentProgram): string {
  const targets = benchmarkTargets[role].join(",");
  const variables = Object.entries(hostVariables).map(([name, value]) => `${name}=${value}`);
  return `set -euo pipefail
export LC_ALL=C
umask 077
benchmark() {
  local size=$1 sha256=$2 authorities
  # kube-bench reads command lines by it, and would call each of them missing.
  command -v ps >/dev/null || {
    printf 'there is no ps here. Fix: install procps\\n' >&2
    exit 1
  }
  # Of one that a loss of power ended.
  find ${paths.engineState} -maxdepth 1 -type d -name 'cis.??????' -mmin +1440 -exec rm --recursive --force -- {} +
  folder=$(mktemp --directory ${paths.engineState}/cis.XXXXXX)
  trap 'rm --recursive --force -- "$folder"' EXIT
  head --bytes="$size" >"$folder/cis-benchmark"
  printf '%s  %s\\n' "$sha256" "$folder/cis-benchmark" | sha256sum --check --status || {
    printf 'the program did not arrive whole\\n' >&2
    exit 1
  }
  chmod 0700 "$folder/cis-benchmark"
  # Another file once authorities have been rotated.
  authorities=$(sed --quiet 's/^ *clientCAFile: //p' ${kubeletConfiguration})
  "$folder/cis-benchmark" "\${@:3}" "kubeletcafile=$authorities"
}
${whenWhole(`${shellCommand(["benchmark", String(size), sha256, targets, ...variables])}\n`)}`;
}
