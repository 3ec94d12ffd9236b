import { minorNumber } from "../plan/minor-version";
import { binaryPath } from "../plan/paths";
import type { PlanFragment } from "../plan/plan";

/**
 * Keeps an API server from going back to an earlier minor, also where an `up` failed between this host and the end and so told nobody
 * what it had come to: the newer one wrote to etcd what an older one may not read (kubernetes.io/releases/version-skew-policy).
 *
 * @param version Of the API server that is wanted, as `1.35.4`.
 */
export function noWayBack(version: string): PlanFragment {
  const program = binaryPath("kube-apiserver");
  const script = `[ -e ${program} ] || [ -L ${program} ] || exit 0
installed=$(${program} --version) || { echo 'it does not say which it is. Fix: put ${program} back as it was; where it is known to be of no later minor, remove it'; exit 1; }
installed=\${installed##*v}
IFS=. read -r _ minor _ <<<"$installed"
[[ $minor =~ ^[0-9]+$ ]] || { echo "it says that it is $installed"; exit 1; }
((minor <= ${minorNumber(version)})) || { echo "it is $installed. Fix: set kubernetes.version to $installed"; exit 1; }`;
  return {
    preconditions: [
      {
        description: `the API server of this host is of no later minor than ${version}`,
        command: ["bash", "-c", script],
        timeoutSeconds: 0,
      },
    ],
  };
}
