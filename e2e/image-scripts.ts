import { shellCommand } from "../components/plan/quote";
import { whenWhole } from "../components/plan/whole-script";

/** The label of what was brought, by which it is known on the host itself: also what a run left that was cut off. */
const label = "redoubt.io/e2e";

const start = "set -euo pipefail\nexport LC_ALL=C\n";

/** The script that gives a host's containerd an image whose archive follows it on stdin, unless it has one of that name. */
export function renderBringScript(reference: string): string {
  return `${start}bring() {
  if [ -n "$(ctr --namespace k8s.io images list --quiet "name==$1")" ]; then
    cat >/dev/null
    return
  fi
  ctr --namespace k8s.io images import - >/dev/null
  ctr --namespace k8s.io images label "$1" ${label}=brought >/dev/null
}
${whenWhole(`${shellCommand(["bring", reference])}\n`)}`;
}

/** Takes away again what was brought, and nothing else. */
export const removeScript = `${start}${whenWhole(`images=$(ctr --namespace k8s.io images list --quiet 'labels."${label}"==brought')
[ -z "$images" ] || xargs ctr --namespace k8s.io images remove <<<"$images" >/dev/null
`)}`;
