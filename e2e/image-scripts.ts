import { shellCommand } from "../components/plan/quote";
import { whenWhole } from "../components/plan/whole-script";

/** What {@link renderBringScript} says of an image that it brought; of one that was there it says nothing. */
export const brought = "brought";

const start = "set -euo pipefail\nexport LC_ALL=C\n";

/** The script that gives a host's containerd an image whose archive follows it on stdin, unless it has one of that name. */
export function renderBringScript(reference: string): string {
  return `${start}bring() {
  if ctr --namespace k8s.io images list --quiet | grep --quiet --line-regexp --fixed-strings -- "$1"; then
    cat >/dev/null
    return
  fi
  ctr --namespace k8s.io images import - >/dev/null
  printf '${brought}\\n'
}
${whenWhole(`${shellCommand(["bring", reference])}\n`)}`;
}

/** The script that takes images away again, those that are gone too. */
export function renderRemoveScript(references: readonly string[]): string {
  const remove = shellCommand(["ctr", "--namespace", "k8s.io", "images", "remove", ...references]);
  return `${start}${whenWhole(`${remove} >/dev/null\n`)}`;
}
