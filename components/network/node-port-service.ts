import { isPodPeer, type AllowRule, type Protocol } from "./allow-rules";

/** The part of a Service that a rule decides (v1). */
export interface NodePortServiceManifest {
  readonly name: string;
  readonly namespace: string;
  /** The rule that it is of. */
  readonly rule: string;
  readonly spec: {
    readonly type: "NodePort";
    readonly externalTrafficPolicy: "Local";
    readonly selector: Record<string, string>;
    readonly ports: readonly {
      readonly name: string;
      readonly protocol: Protocol;
      readonly port: number;
      readonly targetPort: number;
      readonly nodePort: number;
    }[];
  };
}

/**
 * The Service by which hosts hand connections from outside on to the pods of a rule. Each host to pods of its own only: so pods, and
 * their policies, see who connects; from another host they would see that host (kubernetes.io/docs, Using Source IP).
 *
 * @returns Undefined for a rule without `nodePort`.
 */
export function nodePortService({ name, to, ports }: AllowRule): NodePortServiceManifest | undefined {
  const exposed = ports.flatMap(({ protocol, port, nodePort }) =>
    nodePort === undefined
      ? []
      : [{ name: `${protocol.toLowerCase()}-${nodePort}`, protocol, port, targetPort: port, nodePort }],
  );
  if (exposed.length === 0 || !isPodPeer(to)) return undefined;
  return {
    name: `allow-${name}`,
    namespace: to.namespace,
    rule: name,
    spec: { type: "NodePort", externalTrafficPolicy: "Local", selector: { ...to.podLabels }, ports: exposed },
  };
}
