import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { allowRuleManifests, ruleLabel, type AllowRule, type NetworkPolicyManifest } from "./allow-rules";
import { isolationManifests, systemIsolationManifests } from "./default-deny";
import { nodePortService, type NodePortServiceManifest } from "./node-port-service";

/** A Pod Security Standard. */
type PodSecurityLevel = "privileged" | "baseline" | "restricted";

/** A namespace that the stack owns, or (`default`) takes under its rules. */
export interface NamespaceSpec {
  readonly name: string;
  /** What PodSecurity admission does here, where it differs from the cluster's defaults. */
  readonly podSecurity?:
    | {
        readonly enforce?: PodSecurityLevel | undefined;
        readonly warn?: PodSecurityLevel | undefined;
        readonly audit?: PodSecurityLevel | undefined;
      }
    | undefined;
}

/** Arguments of {@link NetworkPolicies}. */
export interface NetworkPoliciesArgs {
  readonly namespaces: readonly NamespaceSpec[];
  readonly allow: readonly AllowRule[];
  /** IPv4 addresses of the control planes. */
  readonly apiServerAddresses: readonly string[];
  /** IPv4 addresses of resolvers outside the cluster that cluster DNS may ask. */
  readonly upstreamResolvers: readonly string[];
}

/** Namespaces that every cluster has; the stack sets their policies and leaves themselves alone. */
const builtInNamespaces = new Set(["default", "kube-public", "kube-node-lease"]);

/** Labels of PodSecurity admission (kubernetes.io/docs/concepts/security/pod-security-admission). */
function podSecurityLabels(spec: NamespaceSpec): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.podSecurity ?? {})
      .filter((entry): entry is [string, PodSecurityLevel] => entry[1] !== undefined)
      .map(([mode, level]) => [`pod-security.kubernetes.io/${mode}`, level]),
  );
}

function metadataOf({
  name,
  namespace,
  rule,
}: NetworkPolicyManifest | NodePortServiceManifest): kubernetes.types.input.meta.v1.ObjectMeta {
  return { name, namespace, ...(rule === undefined ? {} : { labels: { [ruleLabel]: rule } }) };
}

/** Namespaces under default deny, ingress and egress, with DNS and the declared flows let through. */
export class NetworkPolicies extends pulumi.ComponentResource {
  /** All policies; what opens connections waits for them. */
  public readonly policies: readonly kubernetes.networking.v1.NetworkPolicy[];

  public constructor(name: string, args: NetworkPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("redoubt:network:NetworkPolicies", name, {}, opts);

    // The namespaces that the stack owns.
    const created = new Map(
      args.namespaces
        .filter((spec) => !builtInNamespaces.has(spec.name))
        .map((spec) => [
          spec.name,
          new kubernetes.core.v1.Namespace(
            `${name}-${spec.name}`,
            { metadata: { name: spec.name, labels: podSecurityLabels(spec) } },
            { parent: this },
          ),
        ]),
    );

    // Their policies, and those of the namespaces that every cluster has.
    const isolated = new Set([...builtInNamespaces, ...args.namespaces.map((spec) => spec.name)]);
    const manifests: NetworkPolicyManifest[] = [
      ...systemIsolationManifests(args.apiServerAddresses, args.upstreamResolvers),
      ...[...isolated].flatMap(isolationManifests),
      ...args.allow.flatMap(allowRuleManifests),
    ];
    // They go with their namespace and not before: pods that are still stopping in it would be open to everybody.
    const within = (namespace: string): pulumi.CustomResourceOptions => {
      const deletedWith = created.get(namespace);
      return {
        parent: this,
        dependsOn: [...created.values()],
        ...(deletedWith === undefined ? {} : { deletedWith }),
      };
    };
    this.policies = manifests.map((manifest) => {
      return new kubernetes.networking.v1.NetworkPolicy(
        `${name}-${manifest.namespace}-${manifest.name}`,
        { metadata: metadataOf(manifest), spec: manifest.spec },
        within(manifest.namespace),
      );
    });

    // Ways in from outside the cluster.
    for (const manifest of args.allow.flatMap((rule) => nodePortService(rule) ?? [])) {
      const { ports, ...spec } = manifest.spec;
      new kubernetes.core.v1.Service(
        `${name}-${manifest.namespace}-${manifest.name}`,
        {
          // The pods are the user's, and may come later.
          metadata: { ...metadataOf(manifest), annotations: { "pulumi.com/skipAwait": "true" } },
          spec: { ...spec, ports: [...ports] },
        },
        within(manifest.namespace),
      );
    }
    this.registerOutputs({ namespaces: [...isolated] });
  }
}
