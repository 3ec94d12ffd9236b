import { clusterObject, kindOf, objectRule, type ClusterObject } from "./kubernetes-objects";
import { hostFirewall } from "./host-firewall";
import { readHostScript, remoteCommand } from "./host-script";
import { isOpenNetwork } from "./open-network";
import { programs } from "./programs";
import { shown, stackRule, type Deployed, type Finding, type Rule, type StackRule } from "./rule";
import { fields, list, texts, type Fields } from "./structured-files";

function openPeers(direction: "ingress" | "egress", rule: unknown): Finding[] {
  const side = direction === "ingress" ? "from" : "to";
  const peers = list(fields(rule)[side]);
  // No peer is every peer (NetworkPolicyIngressRule).
  if (peers.length === 0) return [{ what: `${direction} is open ${side} everywhere` }];
  return peers
    .map((peer) => fields(fields(peer)["ipBlock"]))
    .filter((block) => isOpenNetwork(block["cidr"]) && list(block["except"]).length === 0)
    .map((block) => ({ what: `${direction} is open ${side} ${String(block["cidr"])}` }));
}

const openPolicy = objectRule(
  ["NetworkPolicy"],
  {
    id: "network-open-policy",
    rule: "network policies name who: nothing is open from or to everywhere",
    why: "one such rule undoes the default deny for the pods that it selects",
    source:
      "kubernetes.io/docs/concepts/services-networking/network-policies; NSA/CISA Kubernetes hardening guide 1.2, network separation",
    fix: "name pods, namespaces or a network that is smaller than everything",
  },
  ({ content }) => {
    const spec = fields(content["spec"]);
    return (["ingress", "egress"] as const).flatMap((direction) =>
      list(spec[direction]).flatMap((rule) => openPeers(direction, rule)),
    );
  },
);

interface ClusterResource extends ClusterObject {
  readonly urn: string;
}

function objectsOf(resources: readonly Deployed[], wanted: string): ClusterResource[] {
  return resources
    .filter(({ type }) => kindOf(type) === wanted)
    .map(({ urn, inputs }) => ({ ...clusterObject(wanted, fields(inputs)), urn }));
}

/** Where no pod needs DNS to be allowed: kube-system holds DNS itself, and names its pods one by one; Dex's store holds no pods. */
const withoutOwnNames: ReadonlySet<string> = new Set(["kube-system", "redoubt-dex"]);

/** Namespaces that every cluster has. */
const systemNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

function startsApiServer({ inputs }: Deployed): boolean {
  try {
    const stdin: unknown = inputs["stdin"];
    const script = typeof stdin === "string" ? readHostScript(stdin) : undefined;
    return script !== undefined && programs(script, "kube-apiserver").length > 0;
  } catch {
    // Unknown, or unreadable, which hosts-readable-script refuses.
    return false;
  }
}

/** Whether the stack builds a cluster, and so answers for all of its namespaces. */
function buildsCluster(resources: readonly Deployed[]): boolean {
  return resources.some((resource) => resource.type === remoteCommand && startsApiServer(resource));
}

/** Namespaces that the stack answers for, with the resource that stands for each. */
function namespacesOf(resources: readonly Deployed[]): { name: string; urn: string | undefined }[] {
  const declared = objectsOf(resources, "Namespace").map(({ name, urn }) => ({ name, urn }));
  const builtIn = buildsCluster(resources) ? systemNamespaces : [];
  const missing = builtIn.filter((name) => !declared.some((item) => item.name === name));
  return [...declared, ...missing.map((name) => ({ name, urn: undefined }))];
}

function selectsEveryPod(spec: Fields): boolean {
  const { matchLabels, matchExpressions } = fields(spec["podSelector"]);
  return Object.keys(fields(matchLabels)).length === 0 && list(matchExpressions).length === 0;
}

/** What a policy is about. Without `policyTypes` it is Ingress, and Egress only where it has rules for that (NetworkPolicySpec). */
function directionsOf(spec: Fields): readonly string[] {
  const types = texts(spec["policyTypes"]);
  if (types.length > 0) return types;
  return list(spec["egress"]).length === 0 ? ["Ingress"] : ["Ingress", "Egress"];
}

/** Directions that a policy denies to every pod of its namespace, but for what others allow. */
function deniedDirections(policy: ClusterObject): string[] {
  const spec = fields(policy.content["spec"]);
  if (!selectsEveryPod(spec)) return [];
  return directionsOf(spec).filter((type) => list(spec[type.toLowerCase()]).length === 0);
}

function place(name: string, urn: string | undefined): Pick<Finding, "subject" | "urn"> {
  return { subject: `namespace/${name}`, ...(urn === undefined ? {} : { urn }) };
}

const defaultDeny: StackRule = stackRule(
  {
    id: "network-default-deny",
    cis: ["5.3.2"],
    rule: "every namespace denies both directions, but for what policies allow",
    why: "one pod that is taken over reaches every other, and the internet",
    source: "NSA/CISA Kubernetes hardening guide 1.2, network separation",
    fix: "add a NetworkPolicy with podSelector {} and policyTypes Ingress and Egress to the namespace",
  },
  (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy");
    return namespacesOf(resources).flatMap(({ name, urn }): Finding[] => {
      const denied = new Set(policies.filter((item) => item.namespace === name).flatMap(deniedDirections));
      const open = ["Ingress", "Egress"].filter((direction) => !denied.has(direction));
      return open.length === 0
        ? []
        : [{ ...place(name, urn), what: `namespace ${name} does not deny ${open.join(" and ")} by default` }];
    });
  },
);

/** Protocols of DNS that an egress rule lets every pod speak to the cluster's DNS. */
function dnsProtocols(policy: ClusterObject): string[] {
  const spec = fields(policy.content["spec"]);
  if (!selectsEveryPod(spec)) return [];
  return list(spec["egress"]).flatMap((rule) => {
    const toDns = list(fields(rule)["to"]).some((peer) => {
      const labels = fields(fields(fields(peer)["podSelector"])["matchLabels"]);
      return labels["k8s-app"] === "kube-dns";
    });
    const ports = list(fields(rule)["ports"]).map(fields);
    return (
      ports
        // Policies see a pod's own port, so it need not be 53 where the peer is DNS.
        .filter((port) => toDns || port["port"] === 53)
        .map((port) => shown(port["protocol"] ?? "TCP"))
    );
  });
}

const dns: StackRule = stackRule(
  {
    id: "network-dns",
    rule: "where egress is denied, DNS is allowed, by UDP and TCP; and the cluster has a DNS service",
    why: "without names nothing works, and somebody opens everything to make it work",
    source: "kubernetes/website#54997; RFC 7766 (DNS over TCP)",
    fix: "add a policy that lets every pod reach k8s-app: kube-dns by UDP and TCP",
  },
  (resources) => {
    const policies = objectsOf(resources, "NetworkPolicy");
    const missing = namespacesOf(resources)
      .filter(({ name }) => !withoutOwnNames.has(name))
      .flatMap(({ name, urn }): Finding[] => {
        const own = policies.filter((item) => item.namespace === name);
        if (!own.some((item) => deniedDirections(item).includes("Egress"))) return [];
        const allowed = new Set(own.flatMap(dnsProtocols));
        const lacking = ["UDP", "TCP"].filter((protocol) => !allowed.has(protocol));
        return lacking.length === 0
          ? []
          : [
              {
                ...place(name, urn),
                what: `pods of namespace ${name} may not ask DNS by ${lacking.join(" and ")}`,
              },
            ];
      });
    const services = objectsOf(resources, "Service").filter(
      (item) => fields(fields(item.content["spec"])["selector"])["k8s-app"] === "kube-dns",
    );
    return buildsCluster(resources) && services.length === 0
      ? [
          ...missing,
          { subject: "service/kube-dns", what: "the stack builds a cluster without a DNS service" },
        ]
      : missing;
  },
);

/** What may talk to what. */
export const networkRules: readonly Rule[] = [openPolicy, hostFirewall, defaultDeny, dns];
