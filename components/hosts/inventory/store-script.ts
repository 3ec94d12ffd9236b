import { shellCommand } from "../../plan/quote";
import { renderArchitectureCheck } from "./architecture-check";

/** A file as the host's store is asked for it. */
export interface StoredFile {
  /** Where it lies on the host: below a folder that bears its sha256. */
  readonly target: string;
  /** Bytes. */
  readonly size: number;
}

/** What delivered programs are made for, and which setting says so. */
export interface DeliveryArchitecture {
  readonly setting: string;
  /** As `amd64`. */
  readonly value: string;
}

/** Where delivered files lie on a host: `STORE/SHA256/NAME`, root's. */
export const artifactStore = "/opt/redoubt/store";

/**
 * A script that names, a line each, the files that the host lacks, or has with another content than the folder's name says. What neither this list nor an installed program names is an old version
 * and goes. A host of another architecture is refused before that: the setting may have changed since it was adopted.
 */
export function renderMissing(files: readonly StoredFile[], architecture: DeliveryArchitecture): string {
  const checks = files.map(({ target, size }) => `${shellCommand(["wanted", target, String(size)])}\n`);
  return `set -euo pipefail
${renderArchitectureCheck(architecture.setting, architecture.value)}declare -A kept=()
for link in /usr/local/bin/* /opt/cni/bin/*; do
  if [ -L "$link" ]; then kept[$(dirname "$(readlink "$link")")]=yes; fi
done
# openssl, where it is, takes a quarter of sha256sum's time.
checksum() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r "$1"; else sha256sum "$1"; fi | cut --delimiter=' ' --fields=1; }
wanted() {
  local folder
  folder=$(dirname "$1")
  kept[$folder]=yes
  if [ -f "$1" ] && [ "$(stat --format %s "$1")" = "$2" ] && [ "$(checksum "$1")" = "\${folder##*/}" ]; then return 0; fi
  printf '%s\\n' "$1"
}
${checks.join("")}for folder in ${artifactStore}/*/; do
  folder=\${folder%/}
  [[ \${folder##*/} =~ ^[0-9a-f]{64}$ ]] || continue
  [ -n "\${kept[$folder]:-}" ] || rm --recursive --force --one-file-system "$folder"
done
`;
}

/** The command that takes one file on stdin; it replaces nothing by a file that did not come whole. */
export function receiveCommand({ target, size }: StoredFile): string {
  const receive = `set -euo pipefail
umask 022
mkdir --parents "$(dirname "$1")"
cat >"$1.part"
[ "$(stat --format %s "$1.part")" = "$2" ] || { echo "$1 did not come whole" >&2; exit 1; }
chmod 0755 "$1.part"
mv --force --no-target-directory "$1.part" "$1"`;
  return shellCommand(["sudo", "--non-interactive", "bash", "-c", receive, "receive", target, String(size)]);
}
