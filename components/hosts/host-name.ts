import type { PlanFragment } from "../plan/plan";
import type { HostSpec } from "./host";

/**
 * A host that knows its own name: the kubelet registers under it, because `--hostname-override` is not to be used (CIS 4.2.7), and sudo
 * asks DNS when it does not stand in /etc/hosts. What else stands there is the operator's.
 */
export function hostName({ name, address }: Pick<HostSpec, "name" | "address">): PlanFragment {
  return {
    files: [{ path: "/etc/hostname", content: `${name}\n` }],
    steps: [
      {
        description: `hostname ${name}`,
        unless: ["bash", "-c", `[ "$(uname -n)" = "$1" ]`, "hostname", name],
        command: ["hostname", name],
      },
      {
        description: `${name} in /etc/hosts`,
        unless: [
          "grep",
          "--quiet",
          "--extended-regexp",
          `^[^#]*[[:space:]]${name}([[:space:]]|$)`,
          "/etc/hosts",
        ],
        command: ["bash", "-c", 'printf "%s %s\\n" "$1" "$2" >>/etc/hosts', "hosts", address, name],
      },
    ],
  };
}
