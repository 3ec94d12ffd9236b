import type { NodePortRule } from "../plan/ports";
import type { Settings } from "./schema";

/** The ports of hosts by which `network.allow` lets clients outside the cluster reach pods. */
export function nodePortRules({ allow }: Settings["network"]): readonly NodePortRule[] {
  return allow.flatMap(({ name, from, ports }) =>
    ports.flatMap(({ protocol, nodePort }): NodePortRule[] =>
      nodePort === undefined || !("cidr" in from)
        ? []
        : [{ name, protocol: protocol === "UDP" ? "udp" : "tcp", nodePort, cidr: from.cidr }],
    ),
  );
}
